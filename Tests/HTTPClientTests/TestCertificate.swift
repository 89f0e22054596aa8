import Dispatch
import Glibc

/// A self-signed certificate for 127.0.0.1, made by the openssl program in a folder of its own.
final class TestCertificate: Sendable {
    let folder: String
    var certificateFile: String { "\(folder)/certificate.pem" }
    var keyFile: String { "\(folder)/key.pem" }

    struct Failure: Error {}

    init(address: String = "127.0.0.1") throws {
        var template = Array("/tmp/http-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure() }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try make(address: address)
    }

    deinit { try? Self.run("rm -rf '\(folder)'") }

    /// Makes certificate and key anew.
    func make(address: String = "127.0.0.1") throws {
        try Self.run(
            "cd '\(folder)' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
                + " -subj /CN=test -addext subjectAltName=IP:\(address) -keyout key.pem -out certificate.pem 2>&1 >log"
                + " && openssl x509 -in certificate.pem -pubkey -noout | openssl pkey -pubin -outform der"
                + " | openssl dgst -sha256 -binary | openssl base64 >pin")
    }

    /// Puts one in its place, for the same key, that was over yesterday.
    func expire() throws {
        try Self.run(
            "cd '\(folder)' && openssl req -new -key key.pem -subj /CN=test -out request.pem 2>&1 >log"
                + " && printf 'subjectAltName=IP:127.0.0.1\\n' >names"
                + " && openssl x509 -req -in request.pem -signkey key.pem -days -1 -extfile names -out certificate.pem"
                + " >log 2>&1")
    }

    /// SHA-256 of the public key, in base64.
    func pin() throws -> String { try Self.contents(of: "\(folder)/pin").filter { !$0.isNewline } }

    static func contents(of path: String) throws -> String {
        guard let file = fopen(path, "r") else { throw Failure() }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Runs a command on a thread of its own: the pool of Swift's tasks is the server's too.
    static func runAside(_ command: String) async throws {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try run(command) }) }
        }
    }

    private static func run(_ command: String) throws {
        var child = pid_t()
        let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sh"), strdup("-c"), strdup(command), nil]
        defer { for argument in arguments { free(argument) } }
        guard posix_spawnp(&child, "sh", nil, nil, arguments, environ) == 0 else { throw Failure() }
        var status: Int32 = 0
        guard waitpid(child, &status, 0) == child, status == 0 else { throw Failure() }
    }
}
