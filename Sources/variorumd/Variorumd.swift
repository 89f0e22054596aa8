@main
enum Variorumd {
    static func main() {}
}
