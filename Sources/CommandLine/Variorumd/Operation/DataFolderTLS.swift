import Cryptography
import Glibc
import HTTPServing

/// The certificate that `variorumd init --tls-self-signed` makes in the data folder.
struct DataFolderTLS {
    let folder: String

    var files: HTTPServerTLS {
        HTTPServerTLS(certificateFile: folder + "/tls-certificate.pem", keyFile: folder + "/tls-key.pem")
    }

    var isThere: Bool { access(files.certificateFile, F_OK) == 0 || access(files.keyFile, F_OK) == 0 }

    /// Makes key and certificate; returns the pin.
    ///
    /// - Parameter names: Host names and IP addresses with commas between.
    /// - Throws: `ConfigurationError` for bad names and where there is a key already, `FileError`.
    func make(names: String) throws -> PublicKeyPin {
        guard !isThere else {
            throw ConfigurationError(
                "there is a certificate in \(printable(folder)) already; with a new key every device needs the new pin. To make "
                    + "one all the same, remove \(printable(files.certificateFile)) and \(printable(files.keyFile)) first"
            )
        }
        let made: ServerCertificate
        do {
            let list = names.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            made = try ServerCertificate.selfSigned(for: list)
        } catch {
            throw ConfigurationError("--tls-self-signed: \(printable("\(error)"))")
        }
        try Self.create(files.keyFile, made.privateKey, mode: 0o600)
        try Self.create(files.certificateFile, made.certificate, mode: 0o644)
        return PublicKeyPin(made.pin)
    }

    /// Makes a file that must not be there, durably.
    static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError(path, errno, isWriting: true) }
        defer { close(descriptor) }
        // Whatever the umask says.
        fchmod(descriptor, mode)
        do {
            try FileOutput(fileDescriptor: descriptor).write(bytes)
            guard fsync(descriptor) == 0 else { throw OutputError(errorNumber: errno) }
        } catch let error as OutputError {
            unlink(path)
            throw FileError(path, error.errorNumber, isWriting: true)
        }
    }
}
