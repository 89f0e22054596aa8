/// F1 between coders' spans.
extension SpanTable {
    /// F1 of equal spans: 2 × (spans with the same start, end and category) / (all spans), over the documents that both
    /// of a pair coded.
    ///
    /// Hripcsak and Rothschild, "Agreement, the F-measure, and reliability in information retrieval", JAMIA 12 (2005):
    /// where what nobody marked cannot be counted, kappa approaches this. Of more than two coders the pairs are pooled.
    /// A span marked twice counts twice.
    ///
    /// Undefined if there are no spans.
    ///
    /// - Complexity: O(*n* log *n*) for each pair of coders.
    public func exactF1() -> Coefficient {
        f1 { first, second in
            let common = Double(commonCount(first, second))
            return (common, common)
        }
    }

    /// F1 of spans of the same category that share at least one code point.
    ///
    /// Precision is the share of the second coder's spans that touch one of the first's, recall the other way round:
    /// the directed agr(a‖b) of Wiebe, Wilson and Cardie, "Annotating expressions of opinions and emotions in
    /// language", Language Resources and Evaluation 39 (2005). Counted together, so that no coder is the
    /// standard for the other: (touched spans of both) / (all spans of both), pooled over the pairs if there are more
    /// than two coders.
    ///
    /// Undefined if there are no spans.
    ///
    /// - Complexity: O(*n* log *n*) for each pair of coders.
    public func overlapF1() -> Coefficient {
        f1 { first, second in (Double(touchedCount(first, by: second)), Double(touchedCount(second, by: first))) }
    }

    /// Pools over pairs and documents; `matches` tells how many spans of each of two coders found a partner.
    private func f1(_ matches: ([Span], [Span]) -> (Double, Double)) -> Coefficient {
        let counts = counts { document in document.spans.count { $0 != nil } >= 2 }
        if let lack = lack(counts) { return Coefficient(.undefined(lack), counts: counts) }
        var matched = 0.0
        var all = 0
        for document in documents {
            for (left, right) in pairs {
                guard let first = document.spans[left], let second = document.spans[right] else { continue }
                let found = matches(first, second)
                matched += found.0 + found.1
                all += first.count + second.count
            }
        }
        let value = matched / Double(all)
        return Coefficient(.value(value), observed: value, counts: counts)
    }
}

/// How many spans two ascending lists have in common, with multiplicity.
private func commonCount(_ first: [Span], _ second: [Span]) -> Int {
    var (left, right, common) = (0, 0, 0)
    while left < first.count, right < second.count {
        if first[left] == second[right] {
            common += 1
            left += 1
            right += 1
        } else if first[left] < second[right] {
            left += 1
        } else {
            right += 1
        }
    }
    return common
}

/// How many of `spans` share a code point with one of the same category in `others`; both ascending.
private func touchedCount(_ spans: [Span], by others: [Span]) -> Int {
    // For each category the spans by start, and the furthest end so far: the last that starts before ours ends decides.
    var ends: [Category: (starts: [Int], furthest: [Int])] = [:]
    for other in others {
        var list = ends[other.category] ?? ([], [])
        list.starts.append(other.start)
        list.furthest.append(max(list.furthest.last ?? 0, other.end))
        ends[other.category] = list
    }
    return spans.count { span in
        guard let list = ends[span.category] else { return false }
        var (low, high) = (0, list.starts.count)
        while low < high {
            let middle = (low + high) / 2
            if list.starts[middle] < span.end { low = middle + 1 } else { high = middle }
        }
        return low > 0 && list.furthest[low - 1] > span.start
    }
}
