/// An error as both sides of the control protocol know it: a stable kind and a message for a person.
///
/// Messages read "cannot <do what>: <why>; <what to do>". On the wire: `{"error":{"kind":…,"message":…}}`.
public struct ControlError: Error, Hashable, Sendable, CustomStringConvertible {
    public var kind: ErrorKind
    public var message: String

    public init(_ kind: ErrorKind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}

extension ControlError: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind, message
    }

    /// Takes a kind that this version does not know as `internal`, so that an older tool still shows the message.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let kind = try container.decode(String.self, forKey: .kind)
        self.kind = ErrorKind(rawValue: kind) ?? .internalError
        message = try container.decode(String.self, forKey: .message)
    }
}

/// The body of every answer whose status is not a success.
public struct ErrorBody: Codable, Hashable, Sendable {
    public var error: ControlError

    public init(error: ControlError) {
        self.error = error
    }
}
