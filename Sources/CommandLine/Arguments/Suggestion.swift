/// The candidate that somebody most likely meant by a mistyped word, if one is near enough.
///
/// Near enough is one slip for short words and one in three letters for longer ones; a word that only
/// begins a single candidate counts as well.
///
/// - Complexity: O(*k* · *m*²) for *k* candidates of length *m*.
func suggestion(for word: String, among candidates: [String]) -> String? {
    let letters = Array(word)
    let near = candidates.map { (name: $0, distance: editDistance(letters, Array($0))) }
        .filter { $0.distance <= max(1, max(letters.count, $0.name.count) / 3) }
        .min { $0.distance < $1.distance }
    if let near { return near.name }
    let completions = candidates.filter { letters.count >= 2 && $0.hasPrefix(word) }
    return completions.count == 1 ? completions[0] : nil
}

/// How many letters must be inserted, dropped, replaced or swapped with their neighbour.
///
/// The optimal string alignment distance (restricted Damerau-Levenshtein): a swap is one slip of the fingers.
func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for row in 0..<left.count {
        var current = [row + 1]
        for column in 0..<right.count {
            var cost = previous[column] + (left[row] == right[column] ? 0 : 1)
            cost = min(cost, previous[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                cost = min(cost, beforePrevious[column - 1] + 1)
            }
            current.append(cost)
        }
        beforePrevious = previous
        previous = current
    }
    return previous[right.count]
}
