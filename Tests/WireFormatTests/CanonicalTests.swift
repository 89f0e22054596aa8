import AnnotationModel
import Testing
import WireFormat

/// RFC 8949 section 4.2.1 and nothing else.
@Suite struct CanonicalTests {
    /// Encodings that other decoders take.
    @Test(arguments: [
        ("1800", "0 in two bytes"), ("1817", "23 in two bytes"), ("190018", "24 in three"), ("1900ff", "255 in three"),
        ("1a0000ffff", "65535 in five"), ("1b00000000ffffffff", "2^32 - 1 in nine"), ("3800", "-1 in two"),
        ("580161", "a byte string's length in two"), ("780161", "a text's length in two"), ("980100", "a count in two"),
        ("5f4161ff", "a byte string in pieces"), ("7f6161ff", "a text in pieces"), ("9f00ff", "an array without count"),
        ("bf0000ff", "a map without count"), ("a0", "a map"), ("c100", "a tag"), ("f90000", "a half float"),
        ("fa00000000", "a float"), ("fb0000000000000000", "a double"), ("f7", "undefined"), ("e0", "a simple value"),
        ("f814", "false in two bytes"), ("f8ff", "a simple value in two"), ("1c", "a reserved head"),
        ("1f", "an endless number"),
        ("ff", "a break alone"), ("62c328", "no UTF-8"), ("63eda080", "a surrogate in UTF-8"),
        ("62c080", "an overlong NUL"),
        ("1b8000000000000000", "2^63"), ("3b8000000000000000", "-2^63 - 1"), ("3bffffffffffffffff", "-2^64"),
    ])
    func otherEncodingsAreRefused(hex: String, what: String) {
        var reader = CBORReader(bytes(hexadecimal: hex))
        #expect(throws: WireError.self, "\(what)") {
            _ = try reader.value()
            try reader.finish()
        }
    }

    @Test(arguments: [
        "00", "17", "1818", "18ff", "190100", "19ffff", "1a00010000", "1affffffff", "1b0000000100000000",
        "1b7fffffffffffffff", "20", "37", "3818", "3b7fffffffffffffff", "40", "4161", "60", "63e1839b", "80", "8100",
        "f4",
        "f5", "f6",
    ])
    func theOneEncodingIsTaken(hex: String) throws {
        var reader = CBORReader(bytes(hexadecimal: hex))
        let value = try reader.value()
        try reader.finish()
        var writer = CBORWriter()
        writer.value(value)
        #expect(hexadecimal(writer.bytes) == hex)
    }
}
