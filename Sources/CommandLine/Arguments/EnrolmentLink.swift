/// Everything that a new device needs in one word: where the server is, the single-use code, and the key to expect.
///
/// `https://host:port/join#CODE` or `https://host:port/join#CODE.PIN`. What follows `#` is never sent as part of an
/// address, so it does not end in the logs of a proxy.
struct EnrolmentLink: Equatable {
    /// The server's address, as `connect` takes it.
    let url: String
    let code: String
    let pin: PublicKeyPin?

    private static let path = "/join"

    init(url: String, code: String, pin: PublicKeyPin?) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.code = code
        self.pin = pin
    }

    /// Reads a link; `nil` for anything else, such as a plain address.
    init?(_ text: String) {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].hasSuffix(Self.path) else { return nil }
        let secrets = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(secrets.count), secrets[0].hasPrefix("vri_"),
            secrets[0].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        var pin: PublicKeyPin?
        if secrets.count == 2 {
            guard let given = PublicKeyPin(String(secrets[1])) else { return nil }
            pin = given
        }
        self.init(url: String(parts[0].dropLast(Self.path.count)), code: String(secrets[0]), pin: pin)
    }

    var text: String { url + Self.path + "#" + code + (pin.map { "." + $0.text } ?? "") }
}
