import CZstd

/// Zstandard compression of whole byte arrays (RFC 8878).
///
/// Each result is one frame that names its content's size and carries a checksum. All functions may be
/// called from any number of threads at once.
public enum Zstd {
    /// The level to use when nothing speaks for another: fast, and most of what there is to gain.
    public static let levelDefault = 3

    private static let compressionContexts = ContextPool(.compression)
    private static let decompressionContexts = ContextPool(.decompression)

    /// Compresses bytes into one frame.
    ///
    /// - Parameters:
    ///   - bytes: What to compress; may be empty.
    ///   - level: 1 (fast) to 19 (small, slow); what is outside the library's range is moved into it.
    /// - Complexity: O(*n*), with a factor that grows with the level.
    public static func compress(_ bytes: [UInt8], level: Int = levelDefault) -> [UInt8] {
        compressionContexts.withContext { context in
            ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(clamping: level))
            // Four bytes that tell a damaged message from a wrong one before anybody decodes it.
            ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
            return [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, count in
                let result = bytes.withUnsafeBytes {
                    ZSTD_compress2(context, buffer.baseAddress, buffer.count, $0.baseAddress, $0.count)
                }
                // With an output of this size only a lack of memory is left to fail.
                precondition(ZSTD_isError(result) == 0, "zstd could not compress: \(name(ofError: result))")
                count = result
            }
        }
    }

    /// Reads the content of exactly one frame from bytes that may come from anywhere.
    ///
    /// No more than `maximumSize` bytes are ever allocated for the content, and no more than the compressed
    /// bytes could possibly stand for, however large the frame says it is. A message is one
    /// frame: skippable frames, a second frame and any byte after the frame are refused.
    ///
    /// - Parameters:
    ///   - bytes: The compressed bytes.
    ///   - maximumSize: How many bytes the content may have.
    /// - Throws: `notZstandard`, `truncated`, `corrupted`, `tooLarge`, `trailingBytes` or `unsupported`.
    /// - Complexity: O(*n* + *m*) in the sizes of the compressed bytes and the content.
    public static func decompress(_ bytes: [UInt8], maximumSize: Int) throws(CompressionError) -> [UInt8] {
        precondition(maximumSize >= 0, "a size limit is not negative")
        // ZSTD_MAGICNUMBER, little-endian. The library would also skip skippable frames and read old formats.
        let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        guard bytes.starts(with: magic) else {
            let isBeginning = bytes.count < magic.count && magic.starts(with: bytes)
            throw CompressionError(isBeginning ? .truncated : .notZstandard)
        }
        let frameSize = bytes.withUnsafeBytes { ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) }
        if ZSTD_isError(frameSize) != 0 { throw error(frameSize) }
        if frameSize != bytes.count { throw CompressionError(.trailingBytes) }

        switch bytes.withUnsafeBytes({ ZSTD_getFrameContentSize($0.baseAddress, $0.count) }) {
        case contentSizeError: throw CompressionError(.corrupted, "unreadable frame header")
        case contentSizeUnknown: return try decompressStream(bytes, maximumSize: maximumSize)
        case let size:
            if size > UInt64(maximumSize) { throw CompressionError(.tooLarge) }
            // A block takes four bytes at least and stands for 128 KiB at most.
            if size > UInt64(bytes.count / 4 + 1) << 17 {
                throw CompressionError(.corrupted, "impossible content size")
            }
            return try decompressAtOnce(bytes, size: Int(size))
        }
    }

    private static func decompressAtOnce(_ bytes: [UInt8], size: Int) throws(CompressionError) -> [UInt8] {
        var result = 0
        let content = decompressionContexts.withContext { context in
            ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters)
            return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                result = bytes.withUnsafeBytes {
                    ZSTD_decompressDCtx(context, buffer.baseAddress, size, $0.baseAddress, $0.count)
                }
                count = ZSTD_isError(result) == 0 ? result : 0
            }
        }
        if ZSTD_isError(result) != 0 { throw error(result) }
        if content.count != size { throw CompressionError(.corrupted, "content shorter than announced") }
        return content
    }

    /// Reads a frame that does not say how large its content is, as programs that compress a stream write them.
    private static func decompressStream(_ bytes: [UInt8], maximumSize: Int) throws(CompressionError) -> [UInt8] {
        try decompressionContexts.withContext { context throws(CompressionError) in
            ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters)
            // 8 MiB: what RFC 8878, section 3.1.1.1.2, recommends that every decoder supports.
            ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 23)
            var chunk = [UInt8](repeating: 0, count: min(ZSTD_DStreamOutSize(), maximumSize) + 1)
            var content: [UInt8] = []
            var position = 0
            while true {
                let step = readStep(context, bytes, from: position, into: &chunk)
                if ZSTD_isError(step.result) != 0 { throw error(step.result) }
                if content.count + step.written > maximumSize { throw CompressionError(.tooLarge) }
                content += chunk[..<step.written]
                if step.result == 0 { return content }
                // All input is given at once, so a step that neither reads nor writes will never do more.
                if step.position == position, step.written == 0 { throw CompressionError(.truncated) }
                position = step.position
            }
        }
    }

    private static func readStep(
        _ context: OpaquePointer, _ bytes: [UInt8], from position: Int, into chunk: inout [UInt8]
    ) -> (result: Int, position: Int, written: Int) {
        bytes.withUnsafeBytes { source in
            chunk.withUnsafeMutableBytes { target in
                var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: position)
                var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                let result = ZSTD_decompressStream(context, &output, &input)
                return (result, input.pos, output.pos)
            }
        }
    }

    /// ZSTD_CONTENTSIZE_UNKNOWN and ZSTD_CONTENTSIZE_ERROR, macros that Swift does not import.
    private static let contentSizeUnknown = UInt64.max
    private static let contentSizeError = UInt64.max - 1

    private static func name(ofError result: Int) -> String { String(cString: ZSTD_getErrorName(result)) }

    private static func error(_ result: Int, file: String = #fileID, line: Int = #line) -> CompressionError {
        let code: CompressionError.Code =
            switch ZSTD_getErrorCode(result) {
            case ZSTD_error_srcSize_wrong: .truncated
            case ZSTD_error_dictionary_wrong, ZSTD_error_frameParameter_windowTooLarge: .unsupported
            case ZSTD_error_frameParameter_unsupported, ZSTD_error_version_unsupported: .unsupported
            case ZSTD_error_prefix_unknown: .notZstandard
            default: .corrupted
            }
        return CompressionError(code, name(ofError: result), file: file, line: line)
    }
}
