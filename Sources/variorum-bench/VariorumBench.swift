@main
enum VariorumBench {
    static func main() {}
}
