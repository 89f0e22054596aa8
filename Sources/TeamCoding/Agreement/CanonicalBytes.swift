/// The bytes whose SHA-256 names a table: the same for everybody who made the same table. docs/agreement.md describes them.
extension ReliabilityTable {
    public var canonicalBytes: [UInt8] {
        var bytes = Array("variorum ratings 1\n".utf8)
        bytes.reserveCapacity(cells.count * 4 + 64)
        bytes.append(word: coderCount)
        bytes.append(word: unitCount)
        bytes.append(word: ratings.count)
        for rating in ratings {
            bytes.append(rating.kind.rawValue)
            switch rating {
            case .code(let code): bytes.append(text: code)
            case .number(let number): bytes.append(word: number.bitPattern)
            case .codes(let set):
                bytes.append(word: set.count)
                for code in set.sorted() { bytes.append(text: code) }
            }
        }
        for cell in cells {
            let place = UInt32(cell + 1)
            for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: place >> shift)) }
        }
        return bytes
    }
}

extension SpanTable {
    public var canonicalBytes: [UInt8] {
        var bytes = Array("variorum spans 1\n".utf8)
        bytes.append(word: coderCount)
        bytes.append(word: documents.count)
        for document in documents {
            bytes.append(word: document.length)
            for spans in document.spans {
                bytes.append(spans == nil ? 0 : 1)
                guard let spans else { continue }
                bytes.append(word: spans.count)
                for span in spans {
                    bytes.append(word: span.start)
                    bytes.append(word: span.end)
                    bytes.append(text: span.category)
                }
            }
        }
        return bytes
    }
}

extension [UInt8] {
    /// Eight bytes, the most significant one first.
    mutating func append(word: UInt64) {
        for shift: UInt64 in [56, 48, 40, 32, 24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    mutating func append(word: Int) { append(word: UInt64(word)) }

    /// The number of UTF-8 bytes, then these.
    fileprivate mutating func append(text: Category) {
        append(word: text.name.utf8.count)
        append(contentsOf: text.name.utf8)
    }
}
