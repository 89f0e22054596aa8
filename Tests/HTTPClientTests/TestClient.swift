import HTTPClient
import Testing

/// A client that is as patient as a test should be, and ignores the environment's proxy.
func testClient(_ configure: (inout HTTPClientConfiguration) -> Void = { _ in }) -> HTTPSession {
    var configuration = HTTPClientConfiguration()
    configuration.proxy = .none
    configuration.timeoutMilliseconds = 20_000
    configure(&configuration)
    return HTTPSession(configuration: configuration)
}

/// The code with which the request fails, or `nil` if there is a response.
func failure(_ client: HTTPSession, _ request: HTTPClientRequest) async -> HTTPClientError.Code? {
    do throws(HTTPClientError) {
        _ = try await client.send(request)
        return nil
    } catch {
        return error.code
    }
}

let noContent = "HTTP/1.1 204 \r\n\r\n"
