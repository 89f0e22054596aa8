/// What a target promised does not hold for an input.
public struct PropertyViolation: Error, CustomStringConvertible {
    public let description: String
}

/// - Throws: `PropertyViolation` unless the condition holds.
func require(
    _ condition: @autoclosure () throws -> Bool, _ what: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) throws {
    if try !condition() { throw PropertyViolation(description: "\(what()) (\(file):\(line))") }
}

/// - Throws: `PropertyViolation` unless the body throws.
func requireRefusal(
    _ what: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line, _ body: () throws -> Void
) throws {
    do { try body() } catch { return }
    throw PropertyViolation(description: "\(what()) (\(file):\(line))")
}
