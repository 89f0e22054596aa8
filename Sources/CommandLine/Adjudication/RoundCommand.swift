extension Command {
    static let round = Command(
        "round", summary: "compare, adjudicate and publish what a team has coded", roundResults)
}
