import AnnotationModel
public import ChangeLog

// Encodings of schema/wire/messages.cddl, "Identity".

private let nameBytesMax = 1000
private let deviceNameBytesMax = 200
private let secretBytesMax = 1024

extension SignedStatement {
    /// "This key wants to enrol here, by this secret": made by the device.
    ///
    /// - Parameter secret: SHA-256 of the invitation's code, or of the name that a password goes with.
    public static func enrolment(secret: Digest, publicKey: PublicKey, deviceName: String) -> [UInt8] {
        var writer = CBORWriter(capacity: 128)
        writer.array(4)
        writer.text("variorum enrolment 1")
        writer.digest(secret)
        writer.byteString(publicKey.bytes)
        writer.text(deviceName)
        return writer.bytes
    }
}

extension DeviceIntroduction: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.byteString(publicKey.bytes)
        writer.text(deviceName)
        writer.byteString(signature.bytes)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        let key = try reader.publicKey()
        let name = try reader.text(max: deviceNameBytesMax)
        self.init(publicKey: key, deviceName: name, signature: try reader.signature())
    }
}

extension JoinRequest: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(5)
        writer.unsigned(1)
        writer.text(code)
        writer.text(name)
        writer.text(password)
        device.write(to: &writer)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 5)
        try reader.version()
        let code = try reader.text(max: secretBytesMax)
        let name = try reader.text(max: deviceNameBytesMax)
        let password = try reader.text(max: secretBytesMax)
        self.init(code: code, name: name, password: password, device: try DeviceIntroduction(from: &reader))
    }
}

extension LoginRequest: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(4)
        writer.unsigned(1)
        writer.text(name)
        writer.text(password)
        device.write(to: &writer)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 4)
        try reader.version()
        let name = try reader.text(max: deviceNameBytesMax)
        let password = try reader.text(max: secretBytesMax)
        self.init(name: name, password: password, device: try DeviceIntroduction(from: &reader))
    }
}

extension EnrolmentReply: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.unsigned(1)
        writer.text(token)
        connection.write(to: &writer)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        try reader.version()
        let token = try reader.text(max: secretBytesMax)
        self.init(token: token, connection: try ConnectReply(from: &reader))
    }
}

extension InviteRequest: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(4)
        writer.unsigned(1)
        switch purpose {
        case .member(let workspace, let role):
            writer.identifier(workspace)
            writer.unsigned(UInt64(role))
        case .ownDevice:
            writer.identifier(nil as WorkspaceID?)
            writer.unsigned(0)
        }
        writer.unsigned(seconds)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 4)
        try reader.version()
        let workspace: WorkspaceID? = try reader.optionalIdentifier()
        let start = reader.position
        let role = UInt8(try reader.unsigned(max: 255))
        guard (workspace == nil) == (role == 0) else {
            throw WireError(.malformed, at: start, expected: "a role with a workspace, and none without")
        }
        self.init(
            purpose: workspace.map { .member($0, role: role) } ?? .ownDevice, seconds: try reader.unsigned())
    }
}

extension InviteReply: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.unsigned(1)
        writer.text(code)
        writer.unsigned(expiresAt)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        try reader.version()
        let code = try reader.text(max: secretBytesMax)
        self.init(code: code, expiresAt: try reader.unsigned())
    }
}

extension DevicesRequest: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(2)
        writer.unsigned(1)
        writer.array(revoked == nil ? 0 : 1)
        if let revoked { writer.byteString(revoked.bytes) }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 2)
        try reader.version()
        let count = try reader.array(max: 1)
        self.init(revoked: count == 0 ? nil : try reader.publicKey())
    }
}

extension DeviceList: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(2)
        writer.unsigned(1)
        writer.array(devices.count)
        for device in devices { device.write(to: &writer) }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 2)
        try reader.version()
        self.init(devices: try reader.list(DeviceEntry.init(from:)))
    }
}

extension DeviceEntry: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(6)
        writer.byteString(publicKey.bytes)
        writer.text(name)
        writer.unsigned(enrolledAt)
        writer.unsigned(lastSeenAt)
        writer.boolean(isRevoked)
        writer.boolean(isThis)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 6)
        let key = try reader.publicKey()
        let name = try reader.text(max: nameBytesMax)
        let enrolledAt = try reader.unsigned()
        let lastSeenAt = try reader.unsigned()
        let isRevoked = try reader.boolean()
        self.init(
            publicKey: key, name: name, enrolledAt: enrolledAt, lastSeenAt: lastSeenAt, isRevoked: isRevoked,
            isThis: try reader.boolean())
    }
}

extension PasswordRequest: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.unsigned(1)
        writer.text(old)
        writer.text(new)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        try reader.version()
        let old = try reader.text(max: secretBytesMax)
        self.init(old: old, new: try reader.text(max: secretBytesMax))
    }
}
