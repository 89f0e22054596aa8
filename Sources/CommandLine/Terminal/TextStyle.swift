/// How text looks on a terminal: colours of the 256-colour palette and the common attributes.
public struct TextStyle: Sendable, Hashable {
    public var foreground: UInt8?
    public var background: UInt8?
    public var isBold = false
    public var isDim = false
    public var isUnderlined = false

    public init(
        foreground: UInt8? = nil, background: UInt8? = nil, isBold: Bool = false, isDim: Bool = false,
        isUnderlined: Bool = false
    ) {
        self.foreground = foreground
        self.background = background
        self.isBold = isBold
        self.isDim = isDim
        self.isUnderlined = isUnderlined
    }

    public static let plain = TextStyle()
    public static let heading = TextStyle(isBold: true)
    public static let quiet = TextStyle(isDim: true)

    /// Puts the codes of ECMA-48 that switch the style on and off around a text.
    ///
    /// - Parameters:
    ///   - text: One line, or part of one.
    ///   - isEnabled: Whether styles are wanted; see `Terminal.isStyled`.
    public func apply(to text: String, isEnabled: Bool = true) -> String {
        if !isEnabled || text.isEmpty || self == .plain { return text }
        var codes: [String] = []
        if isBold { codes.append("1") }
        if isDim { codes.append("2") }
        if isUnderlined { codes.append("4") }
        if let foreground { codes.append("38;5;\(foreground)") }
        if let background { codes.append("48;5;\(background)") }
        return "\u{1B}[\(codes.joined(separator: ";"))m\(text)\u{1B}[0m"
    }
}
