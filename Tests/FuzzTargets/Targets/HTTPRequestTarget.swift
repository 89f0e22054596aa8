import CHTTPParser
import HTTPServing

extension FuzzTarget {
    /// What a client sends on one connection.
    static let httpRequest = FuzzTarget(
        "http-request", "requests on a connection: cut anywhere, and against Node's http_parser", lengthMax: 4096
    ) { input in
        guard let first = input.first else { return }
        let bytes = Array(input.dropFirst())
        let whole = steps(of: bytes, pieces: [bytes])
        try requireAlike(whole, steps(of: bytes, pieces: cut(bytes, seed: first)), "a cut changes what is read")
        if bytes.count < 256 {
            try requireAlike(whole, steps(of: bytes, pieces: bytes.map { [$0] }), "single bytes change what is read")
        }
        try compareWithIndependentParser(bytes, whole)
        for case .head(let head) in whole {
            let request = HTTPRequest(method: head.method, path: head.path, query: head.query, headers: head.headers)
            _ = (request.pathSegments, request.queryItems)
        }
    }

    private static let limits = ParserLimits(headBytesMax: 2048, headerCountMax: 20, bodyBytesMax: 1024)

    private static func steps(of bytes: [UInt8], pieces: [[UInt8]]) -> [RequestParser.Step] {
        var parser = RequestParser(limits: limits)
        var steps: [RequestParser.Step] = []
        for piece in pieces {
            parser.feed(piece)
            reading: while true {
                let step = parser.step()
                switch step {
                case .needsMore: break reading
                case .refusal:
                    steps.append(step)
                    return steps
                default: steps.append(step)
                }
            }
            _ = (parser.isInsideMessage, parser.bodyBytesReceived)
        }
        return steps
    }

    /// - Throws: Unless both are the same. Of a head that is too long *and* malformed, either may be said.
    private static func requireAlike(
        _ one: [RequestParser.Step], _ other: [RequestParser.Step], _ what: String
    ) throws {
        if case .refusal(let first) = one.last, case .refusal(let second) = other.last,
            first.status == 431 || second.status == 431
        {
            return try require(one.dropLast() == other.dropLast(), what)
        }
        try require(one == other, what)
    }

    private static func cut(_ bytes: [UInt8], seed: UInt8) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var (start, size) = (0, Int(seed))
        while start < bytes.count {
            size = (size * 37 + 11) & 63
            let end = min(bytes.count, start + 1 + size)
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        return pieces
    }

    /// Whatever ours takes, the other must take with the same method, target, fields and body.
    private static func compareWithIndependentParser(_ bytes: [UInt8], _ steps: [RequestParser.Step]) throws {
        guard !steps.isEmpty else { return }
        var result = chttp_result()
        bytes.withUnsafeBufferPointer { chttp_parse_requests($0.baseAddress, $0.count, &result) }
        func text(_ slice: chttp_slice) -> [UInt8] { Array(bytes[slice.start..<slice.start + slice.length]) }
        let heads = steps.compactMap { if case .head(let head) = $0 { head } else { nil } }
        let bodies = steps.compactMap { if case .body(let body) = $0 { body } else { nil } }
        for (place, head) in heads.enumerated().prefix(Int(CHTTP_MESSAGES_MAX)) {
            let other = result.message(place)
            guard place < result.message_count, other.head_is_complete == 1 else {
                // It knows a fixed list of methods and, per method, forms of targets.
                let name = result.error_name.map { String(cString: $0) } ?? ""
                if result.error != 0, ["HPE_INVALID_METHOD", "HPE_INVALID_URL"].contains(name) { return }
                // A tab after the digits is optional white space (RFC 9110, 5.5); it knows spaces only.
                if name == "HPE_INVALID_CONTENT_LENGTH", bytes.contains(0x09) { return }
                if name == "HPE_UNEXPECTED_CONTENT_LENGTH", hasLookalike(head) { return }
                throw PropertyViolation(description: "http_parser refuses request \(place + 1) with \(name)")
            }
            try require(String(cString: other.method) == head.method, "http_parser reads another method")
            let target = text(other.target)
            let origin = head.query.map { head.path + "?" + $0 } ?? head.path
            try require(
                target == Array(origin.utf8) || isAbsolute(target, of: origin),
                "http_parser reads target \(String(decoding: target, as: UTF8.self)) and ours \(origin)")
            try require(Int(other.field_count) == head.headers.fields.count, "http_parser counts other fields")
            for (number, field) in head.headers.fields.enumerated() {
                let (name, value) = result.field(place, number)
                try require(text(name) == Array(field.name.utf8), "http_parser reads another field name")
                // Bytes beyond ASCII that are no UTF-8 are replaced in ours.
                let theirs = String(decoding: trimmed(text(value)), as: UTF8.self)
                try require(
                    theirs.utf8.elementsEqual(field.value.utf8), "http_parser reads \(theirs), ours \(field.value)")
            }
            try require(Int(other.minor_version) == head.minorVersion, "http_parser reads another version")
            if other.is_upgrade == 1 { return }
            if hasLookalike(head) { return }
            guard place < bodies.count else { return }
            try require(other.is_complete == 1, "http_parser does not see the end of request \(place + 1)")
            try require(text(other.body) == bodies[place], "http_parser reads another body")
            if head.closes || other.keeps_alive == 0 { return }
        }
    }

    /// It takes any name that begins so for the field itself; ours refuses the field and lets other names pass.
    private static func hasLookalike(_ head: RequestHead) -> Bool {
        head.headers.fields.contains { $0.name.lowercased().hasPrefix("transfer-encoding") }
    }

    private static func isAbsolute(_ target: [UInt8], of origin: String) -> Bool {
        let text = String(decoding: target, as: UTF8.self)
        guard text.lowercased().hasPrefix("http") else { return false }
        return text.hasSuffix(origin) || (origin.hasPrefix("/") && text.hasSuffix(origin.dropFirst()))
    }

    private static func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        var bytes = bytes[...]
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        return bytes
    }
}

extension chttp_result {
    fileprivate func message(_ place: Int) -> chttp_message {
        withUnsafeBytes(of: messages) { $0.bindMemory(to: chttp_message.self)[place] }
    }

    fileprivate func field(_ place: Int, _ number: Int) -> (chttp_slice, chttp_slice) {
        withUnsafeBytes(of: message(place).fields) { bytes in
            let field = bytes.bindMemory(to: chttp_field.self)[number]
            return (field.name, field.value)
        }
    }
}
