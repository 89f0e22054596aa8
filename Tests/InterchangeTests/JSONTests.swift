import Interchange
import Testing

@Suite("JSON")
struct JSONTests {
    @Test("is written in the order given")
    func order() {
        let value: JSON = ["b": 1, "a": [true, nil, "x"], "empty": [], "none": [:], "c": ["d": -5]]
        #expect(
            String(decoding: value.compact, as: UTF8.self)
                == #"{"b":1,"a":[true,null,"x"],"empty":[],"none":{},"c":{"d":-5}}"#)
        #expect(
            String(decoding: value.indented, as: UTF8.self)
                == """
                {
                  "b": 1,
                  "a": [
                    true,
                    null,
                    "x"
                  ],
                  "empty": [],
                  "none": {},
                  "c": {
                    "d": -5
                  }
                }

                """)
    }

    @Test("escapes what could end a string or steer a terminal, and nothing else")
    func escapes() {
        let value = JSON.text("\"\\\n\r\t\u{0}\u{1B}[2J\u{9B}\u{202E}\u{2028} საქართველო 🇬🇪 é /")
        #expect(
            String(decoding: value.compact, as: UTF8.self)
                == #""\"\\\n\r\t\u0000\u001b[2J\u009b\u202e\u2028 საქართველო 🇬🇪 é /""#)
    }

    @Test("can be added to and thinned out")
    func objects() {
        #expect(JSON.object([]).adding(["a": nil, "b": 1]).withoutNulls == ["b": 1])
        #expect(JSON.optional(Int?.none) == .null)
        #expect(JSON.optional("x") == .text("x"))
    }
}

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "is UTC with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_426_672_800_123, "2015-03-18T10:00:00.123Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (Int64.max, "9999-12-31T23:59:59.999Z"), (Int64.min, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func moments(milliseconds: Int64, expected: String) {
        #expect(timestamp(ofMilliseconds: milliseconds) == expected)
    }
}
