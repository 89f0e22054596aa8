/// Status and headers, gathered from the lines that libcurl hands over.
///
/// A final status line follows interim ones (1xx) or those of a proxy; each begins a new head. Lines after the
/// end of the final head are trailers and are ignored.
package struct ResponseHead {
    package private(set) var status = 0
    private(set) var headers: [(name: String, value: String)] = []
    package private(set) var isComplete = false
    private var bytes = 0

    package init() {}

    /// A head larger than this is nobody's friend.
    static let bytesMax = 256 << 10

    /// - Returns: false if the head is too large.
    package mutating func take(_ line: UnsafeRawBufferPointer) -> Bool {
        if isComplete { return true }
        bytes += line.count
        guard bytes <= ResponseHead.bytesMax else { return false }
        var line = line[...]
        while let last = line.last, last == UInt8(ascii: "\r") || last == UInt8(ascii: "\n") { line.removeLast() }
        if line.isEmpty {
            isComplete = status >= 200
        } else if line.starts(with: "HTTP/".utf8) {
            headers = []
            let word = line.drop { $0 != UInt8(ascii: " ") }.dropFirst().prefix { $0 != UInt8(ascii: " ") }
            status = Int(String(decoding: word, as: UTF8.self)) ?? 0
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            headers.append((Self.text(line[..<colon]), Self.text(line[(colon + 1)...])))
        }
        return true
    }

    private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        var bytes = bytes
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
