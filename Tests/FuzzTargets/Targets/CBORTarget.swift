import AnnotationModel
import CLibCBOR
import WireFormat

extension FuzzTarget {
    /// Our reader of deterministic CBOR against libcbor, which shares no code with it.
    static let cbor = FuzzTarget(
        "cbor", "one CBOR item: accepted exactly where libcbor finds a deterministic value, with the same content",
        lengthMax: 1024
    ) { input in
        var reader = CBORReader(input)
        let ours = try? reader.value()
        var skipper = CBORReader(input)
        let skipped = try? skipper.skipItem()

        var result = cbor_load_result()
        var item =
            promisesTooMuch(input)
            ? nil : input.withUnsafeBufferPointer { cbor_load($0.baseAddress, $0.count, &result) }
        defer { if item != nil { cbor_decref(&item) } }

        if let ours {
            guard let item else { throw PropertyViolation(description: "libcbor refuses what our reader accepts") }
            try require(result.read == reader.position, "libcbor reads \(result.read) bytes, ours \(reader.position)")
            try requireEqual(ours, item)
            var writer = CBORWriter()
            writer.value(ours)
            try require(writer.bytes == Array(input[..<reader.position]), "a value has two encodings")
            try require(skipped == writer.bytes, "what is read cannot be skipped")
        }
        // libcbor refuses tags without a registered meaning.
        if let skipped, !skipped.contains(where: { $0 >> 5 == 6 }) {
            guard item != nil else { throw PropertyViolation(description: "libcbor refuses what our reader skips") }
            try require(result.read == skipped.count, "libcbor reads \(result.read) bytes, ours skips \(skipped.count)")
        }
        // The other way round: what is a value and written as we write it must be accepted.
        if ours == nil, let item, let value = value(of: item, depth: 0) {
            var writer = CBORWriter()
            writer.value(value)
            try require(writer.bytes != Array(input[..<result.read]), "our reader refuses a deterministic value")
        }
    }

    /// Whether a head promises more items than there are bytes, or does not say how many: libcbor sets memory aside for
    /// the first before it looks, and both are refused by ours.
    private static func promisesTooMuch(_ bytes: [UInt8]) -> Bool {
        var (position, expected) = (0, 1)
        while expected > 0, position < bytes.count {
            let (major, info) = (bytes[position] >> 5, Int(bytes[position] & 0x1F))
            if info > 27 { return true }
            let width = info < 24 ? 0 : 1 << (info - 24)
            position += 1
            guard position + width <= bytes.count else { return false }
            let argument =
                width == 0 ? UInt64(info) : bytes[position..<position + width].reduce(0) { $0 << 8 | UInt64($1) }
            position += width
            expected -= 1
            switch major {
            case 2, 3:
                guard argument <= UInt64(bytes.count - position) else { return false }
                position += Int(argument)
            case 4, 5:
                guard argument <= UInt64(bytes.count) else { return true }
                expected += Int(argument) * (major == 5 ? 2 : 1)
            case 6: expected += 1
            default: break
            }
        }
        return false
    }

    private static func requireEqual(_ value: Value, _ item: UnsafeMutablePointer<cbor_item_t>) throws {
        guard let other = Self.value(of: item, depth: 0) else {
            throw PropertyViolation(description: "libcbor sees something else than \(value)")
        }
        try require(value == other, "libcbor sees \(other), our reader \(value)")
    }

    /// What libcbor decoded, as far as our values go; `nil` for anything else.
    private static func value(of item: UnsafeMutablePointer<cbor_item_t>, depth: Int) -> Value? {
        switch cbor_typeof(item) {
        case CBOR_TYPE_UINT: return Int64(exactly: cbor_get_int(item)).map { .integer($0) }
        case CBOR_TYPE_NEGINT: return Int64(exactly: cbor_get_int(item)).map { .integer(~$0) }
        case CBOR_TYPE_BYTESTRING:
            guard cbor_bytestring_is_definite(item) else { return nil }
            return Value(
                bytes: Array(
                    UnsafeBufferPointer(start: cbor_bytestring_handle(item), count: cbor_bytestring_length(item))))
        case CBOR_TYPE_STRING:
            guard cbor_string_is_definite(item) else { return nil }
            let bytes = UnsafeBufferPointer(start: cbor_string_handle(item), count: cbor_string_length(item))
            return String(validating: bytes, as: UTF8.self).map { .text($0) }
        case CBOR_TYPE_ARRAY:
            guard cbor_array_is_definite(item), depth < WireLimits.depthMax, let start = cbor_array_handle(item) else {
                return cbor_array_is_definite(item) && cbor_array_size(item) == 0 && depth < WireLimits.depthMax
                    ? .list([]) : nil
            }
            var items: [Value] = []
            for place in 0..<cbor_array_size(item) {
                guard let element = start[place], let value = value(of: element, depth: depth + 1) else { return nil }
                items.append(value)
            }
            return .list(items)
        case CBOR_TYPE_FLOAT_CTRL:
            guard cbor_float_ctrl_is_ctrl(item) else { return nil }
            switch UInt32(cbor_ctrl_value(item)) {
            case CBOR_CTRL_FALSE.rawValue: return .boolean(false)
            case CBOR_CTRL_TRUE.rawValue: return .boolean(true)
            case CBOR_CTRL_NULL.rawValue: return .null
            default: return nil
            }
        default: return nil
        }
    }
}
