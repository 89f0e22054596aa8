@main
enum Variorum {
    static func main() {}
}
