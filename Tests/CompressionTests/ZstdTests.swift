import CZstd
import Compression
import Testing

@Suite("Zstandard")
struct ZstdTests {
    /// Text-like bytes with repetitions, so that frames have compressed blocks.
    private static func sample(_ count: Int) -> [UInt8] {
        let words = ["treaty", "Georgia", "საქართველო", "the ", "de facto ", "2015", "\n"].map { Array($0.utf8) }
        var state: UInt32 = 7
        var bytes: [UInt8] = []
        while bytes.count < count {
            state = state &* 1_664_525 &+ 1_013_904_223
            bytes += words[Int(state >> 24) % words.count]
        }
        return Array(bytes[..<count])
    }

    private static func error(_ bytes: [UInt8], maximumSize: Int = 1 << 20) -> CompressionError.Code? {
        do throws(CompressionError) {
            _ = try Zstd.decompress(bytes, maximumSize: maximumSize)
            return nil
        } catch {
            return error.code
        }
    }

    /// A frame without content size, as a program that compresses a stream writes it.
    private static func streamed(_ bytes: [UInt8], checksum: Bool = false) -> [UInt8] {
        let context = ZSTD_createCCtx()
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0)
        return [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, count in
            count = bytes.withUnsafeBytes {
                ZSTD_compress2(context, buffer.baseAddress, buffer.count, $0.baseAddress, $0.count)
            }
        }
    }

    @Test("gives back what was compressed", arguments: [0, 1, 2, 3, 100, 4096, 131_071, 131_072, 131_073, 700_000])
    func roundTrip(count: Int) throws {
        for bytes in [Self.sample(count), [UInt8](repeating: 0, count: count)] {
            for level in [-5, 1, 3, 19, 10_000] where count < 200_000 || level < 19 {
                let compressed = Zstd.compress(bytes, level: level)
                #expect(try Zstd.decompress(compressed, maximumSize: count) == bytes)
                #expect(count == 0 || Self.error(compressed, maximumSize: count - 1) == .tooLarge)
            }
            #expect(try Zstd.decompress(Self.streamed(bytes), maximumSize: count) == bytes)
            #expect(count == 0 || Self.error(Self.streamed(bytes), maximumSize: count - 1) == .tooLarge)
        }
        #expect(Zstd.compress(Self.sample(700_000)).count < 200_000)
    }

    @Test("refuses a frame cut after any byte")
    func truncation() {
        for frame in [Zstd.compress(Self.sample(3000)), Zstd.compress([]), Self.streamed(Self.sample(3000))] {
            for count in frame.indices {
                #expect(Self.error(Array(frame[..<count])) == .truncated, "cut after \(count) bytes")
            }
        }
    }

    @Test("notices any flipped bit, or gives the same content")
    func bitFlips() throws {
        let content = Self.sample(3000)
        for frame in [Zstd.compress(content), Zstd.compress([]), Self.streamed(content, checksum: true)] {
            let expected = try Zstd.decompress(frame, maximumSize: 1 << 20)
            for bit in 0..<frame.count * 8 {
                var damaged = frame
                damaged[bit / 8] ^= 1 << (bit % 8)
                if let content = try? Zstd.decompress(damaged, maximumSize: 1 << 20), content != expected {
                    Issue.record("bit \(bit) gave other content")
                }
            }
        }
    }

    @Test("survives any damage to a frame without a checksum")
    func damage() {
        let frame = Self.streamed(Self.sample(2000))
        for bit in 0..<frame.count * 8 {
            var damaged = frame
            damaged[bit / 8] ^= 1 << (bit % 8)
            _ = Self.error(damaged)
        }
    }

    @Test("refuses more content than allowed, whether or not the frame admits it")
    func bombs() {
        let zeros = [UInt8](repeating: 0, count: 64 << 20)
        let bomb = Zstd.compress(zeros)
        #expect(bomb.count < 10_000)
        #expect(Self.error(bomb) == .tooLarge)
        #expect(Self.error(Self.streamed(zeros)) == .tooLarge)
    }

    @Test("does not believe a small frame that claims an enormous content")
    func liar() {
        // Magic, descriptor (8-byte content size, single segment), the size, an empty last raw block.
        func frame(size: UInt64) -> [UInt8] {
            let sizeBytes = (0..<8).map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) }
            return [0x28, 0xB5, 0x2F, 0xFD, 0xE0] + sizeBytes + [0x01, 0x00, 0x00]
        }
        #expect(Self.error(frame(size: 1 << 40)) == .tooLarge)
        #expect(Self.error(frame(size: .max)) != nil)
        #expect(Self.error(frame(size: 1 << 40), maximumSize: .max) == .corrupted)
        #expect(Self.error(frame(size: 1000)) == .corrupted)
        #expect(Self.error(frame(size: 0)) == nil)
    }

    @Test("refuses anything beside one frame")
    func otherThings() {
        let frame = Zstd.compress(Self.sample(100))
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 1, 2]
        #expect(Self.error(frame + [0]) == .trailingBytes)
        #expect(Self.error(frame + frame) == .trailingBytes)
        #expect(Self.error(frame + skippable) == .trailingBytes)
        #expect(Self.error(skippable + frame) == .notZstandard)
        #expect(Self.error(skippable) == .notZstandard)
        #expect(Self.error([]) == .truncated)
        #expect(Self.error(Array("{\"json\": true}".utf8)) == .notZstandard)
    }

    @Test("refuses a stream that wants a window beyond what decoders must offer")
    func window() throws {
        // Magic, descriptor without content size, window of 2^(10 + exponent), one last raw block of one byte.
        func frame(windowExponent: UInt8) -> [UInt8] {
            [0x28, 0xB5, 0x2F, 0xFD, 0x00, windowExponent << 3, 0x09, 0x00, 0x00, 0x61]
        }
        #expect(try Zstd.decompress(frame(windowExponent: 13), maximumSize: 1) == [0x61])
        #expect(Self.error(frame(windowExponent: 14)) == .unsupported)
        #expect(Self.error(frame(windowExponent: 17)) == .unsupported)
    }

    @Test("may be used from many threads at once")
    func threads() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let bytes = Self.sample(2000 + number * 37)
                    _ = Self.error([0x28, 0xB5, 0x2F, 0xFD, 0xFF])
                    return try Zstd.decompress(Zstd.compress(bytes), maximumSize: bytes.count) == bytes
                }
            }
            for try await isSame in group { #expect(isSame) }
        }
    }
}
