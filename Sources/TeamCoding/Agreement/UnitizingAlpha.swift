extension SpanTable {
    /// Krippendorff's alpha for unitizing, α_U, in its first form: Krippendorff, "On the reliability of unitizing
    /// continuous data", Sociological Methodology 25 (1995); the same in Content Analysis, 2nd edition (2004), chapter
    /// 11, and with a worked example in "Measuring the reliability of qualitative text analysis data", Quality &
    /// Quantity 38 (2004). (The uα family of 2016 is another measure.)
    ///
    /// For each category the text is cut into sections: its spans, and the gaps between them. Two overlapping spans
    /// differ by the squares of the differences of their starts and ends, a span within the other's gap by the square
    /// of its length; what is expected is the mean of that over all ways to lay the coders' sections over each other.
    /// Over several categories both sums are added up before they are divided.
    ///
    /// Several documents are one continuum of their lengths together, at whose borders gaps end. Documents that not all
    /// coders coded are left out. Undefined if nobody marked anything, or if spans of one coder and category overlap.
    ///
    /// - Parameter category: Only this category; otherwise all.
    /// - Complexity: O(coders² × spans + spans × log spans) for each category.
    public func unitizingAlpha(of category: Category? = nil) -> Coefficient {
        let table = category.map { only($0) } ?? self
        let counts = table.counts(\.isComplete)
        if let lack = table.lack(counts) { return Coefficient(.undefined(lack), counts: counts) }
        let used = table.documents.filter(\.isComplete)
        let length = Double(used.reduce(0) { $0 + $1.length })
        let coders = Double(coderCount)
        var observed = 0.0
        var expected = 0.0
        for category in SpanTable.categories(of: used) {
            var sections: [[[Section]]] = []
            for document in used {
                var cut: [[Section]] = []
                for spans in document.spans {
                    guard let own = Section.cut(document.length, at: (spans ?? []).filter { $0.category == category })
                    else { return Coefficient(.undefined(.overlappingSpans), counts: counts) }
                    cut.append(own)
                }
                sections.append(cut)
            }
            var difference = 0.0
            for document in sections {
                for (left, right) in pairs { difference += Section.difference(document[left], document[right]) }
            }
            observed += 2 * difference / (coders * (coders - 1) * length * length)
            expected += Section.expectedDifference(sections.flatMap { $0.flatMap { $0 } }, length, coders)
        }
        let outcome: Outcome = expected > 0 ? .value(1 - observed / expected) : .undefined(.noVariation)
        return Coefficient(outcome, observed: observed, expected: expected, counts: counts)
    }

    private static func categories(of documents: [SpanDocument]) -> [Category] {
        Set(documents.flatMap { $0.spans.flatMap { ($0 ?? []).map(\.category) } }).sorted()
    }
}

/// A stretch of the continuum that one coder marked as a unit, or the gap between two.
private struct Section {
    let start: Int
    let length: Int
    let isUnit: Bool

    /// The sections of a document, ascending; `nil` if spans overlap.
    static func cut(_ length: Int, at spans: [Span]) -> [Section]? {
        var sections: [Section] = []
        var position = 0
        for span in spans {
            if span.start < position { return nil }
            if span.start > position {
                sections.append(Section(start: position, length: span.start - position, isUnit: false))
            }
            sections.append(Section(start: span.start, length: span.length, isUnit: true))
            position = span.end
        }
        if position < length { sections.append(Section(start: position, length: length - position, isUnit: false)) }
        return sections
    }

    /// Σ δ² over the sections of two coders, as in 1995.
    static func difference(_ first: [Section], _ second: [Section]) -> Double {
        var (left, right, sum) = (0, 0, 0.0)
        while left < first.count, right < second.count {
            let (one, other) = (first[left], second[right])
            let (oneEnd, otherEnd) = (one.start + one.length, other.start + other.length)
            let startDifference = Double(one.start - other.start)
            let endDifference = Double(oneEnd - otherEnd)
            switch (one.isUnit, other.isUnit) {
            case (true, true): sum += startDifference * startDifference + endDifference * endDifference
            case (true, false) where one.start >= other.start && oneEnd <= otherEnd:
                sum += Double(one.length) * Double(one.length)
            case (false, true) where other.start >= one.start && otherEnd <= oneEnd:
                sum += Double(other.length) * Double(other.length)
            default: break
            }
            if oneEnd <= otherEnd { left += 1 }
            if otherEnd <= oneEnd { right += 1 }
        }
        return sum
    }

    /// The expected disagreement from all coders' sections, as in 1995.
    static func expectedDifference(_ sections: [Section], _ length: Double, _ coders: Double) -> Double {
        let units = sections.filter(\.isUnit).map { Double($0.length) }
        // Gaps from the longest on, with running sums: how much room they leave for a unit.
        let gaps = sections.filter { !$0.isUnit }.map { Double($0.length) }.sorted(by: >)
        var running = [0.0]
        for gap in gaps { running.append((running.last ?? 0) + gap) }

        var sum = 0.0
        var withinOne = 0.0
        for unit in units {
            var (low, high) = (0, gaps.count)
            while low < high {
                let middle = (low + high) / 2
                if gaps[middle] >= unit { low = middle + 1 } else { high = middle }
            }
            let room = running[low] - Double(low) * (unit - 1)
            sum += Double(units.count - 1) / 3 * unit * (2 * unit * unit - 3 * unit + 1) + unit * unit * room
            withinOne += unit * (unit - 1)
        }
        let places = coders * length * (coders * length - 1) - withinOne
        return places > 0 ? 2 / length * sum / places : 0
    }
}
