/// An answer that the server gives by itself, after which the connection is closed.
package struct Refusal: Error, Equatable {
    package var status: Int
    var retryAfterSeconds: Int?

    static let badRequest = Refusal(status: 400)
    static let timeout = Refusal(status: 408)
    static let lengthRequired = Refusal(status: 411)
    static let bodyTooLarge = Refusal(status: 413)
    static let expectationFailed = Refusal(status: 417)
    static let headTooLarge = Refusal(status: 431)
    static let notImplemented = Refusal(status: 501)
    static let versionNotSupported = Refusal(status: 505)
    static let tooManyBodies = Refusal(status: 503, retryAfterSeconds: 1)
}
