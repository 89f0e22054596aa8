import AnnotationModel
import CommandLine
import DocumentText

extension FuzzTarget {
    /// A file that somebody imports.
    static let text = FuzzTarget(
        "text", "an imported file: canonical text, and all offsets against Swift's own String", lengthMax: 4096
    ) { input in
        let text: CanonicalText
        do { text = try CanonicalText(importing: input) } catch {
            try require(
                String(validating: input, as: UTF8.self) == nil || input.contains(0), "valid text is refused: \(error)")
            return
        }
        try require(try CanonicalText(canonical: text.utf8) == text, "canonical text is not canonical")
        try require(try CanonicalText(importing: text.utf8) == text, "importing twice differs from importing once")
        try require(!text.utf8.contains(0) && !text.utf8.contains(0x0D), "canonical text holds a CR or a NUL")
        let index = TextIndex(text)
        let string = text.string
        try require(
            index.codePointCount == string.unicodeScalars.count && index.utf16Count == string.utf16.count
                && index.graphemeCount == string.count
                && index.lineCount == text.utf8.count { $0 == UInt8(ascii: "\n") } + 1,
            "the index counts otherwise than String")
        try checkOffsets(index)
        try checkLines(index)
        _ = displayWidth(of: printable(string))
    }

    /// Every border between characters has one offset in each unit, and each leads to the others.
    private static func checkOffsets(_ index: TextIndex) throws {
        var (byte, codePoint, utf16) = (0, 0, 0)
        for (number, character) in (index.text.string + "").enumerated() {
            let place = [OffsetUnit.utf8: byte, .codePoint: codePoint, .utf16: utf16, .grapheme: number]
            // All of a small text, samples of a long one.
            if index.utf8Count < 512 || number % 61 == 0 {
                for (source, offset) in place {
                    for (target, expected) in place {
                        let found = try index.convert(offset, from: source, to: target)
                        try require(found == expected, "\(source) \(offset) is \(target) \(found), not \(expected)")
                    }
                }
                try require(try index.isGraphemeBorder(atCodePoint: codePoint), "a character begins at no border")
            }
            byte += character.utf8.count
            codePoint += character.unicodeScalars.count
            utf16 += character.utf16.count
        }
        for unit in OffsetUnit.allCases {
            try require(try index.convert(index.count(of: unit), from: unit, to: .utf8) == index.utf8Count, "no end")
            for outside in [-1, index.count(of: unit) + 1, .max, .min] {
                try requireRefusal("offset \(outside) is inside the text") {
                    _ = try index.convert(outside, from: unit, to: .codePoint)
                }
            }
        }
    }

    private static func checkLines(_ index: TextIndex) throws {
        var next = 0
        for number in 1...min(index.lineCount, 2000) {
            guard let line = index.line(number: number) else {
                throw PropertyViolation(description: "line \(number) is missing")
            }
            try require(line.range.lowerBound == next, "line \(number) begins elsewhere than the one before ends")
            try require(try index.line(atCodePoint: line.range.lowerBound) == line, "a line does not hold its start")
            next = line.range.upperBound + 1
        }
        try require(index.line(number: 0) == nil && index.line(number: index.lineCount + 1) == nil, "a line too many")
    }
}
