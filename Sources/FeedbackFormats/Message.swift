/// One turn of a conversation.
public struct Message: Codable, Hashable, Sendable {
    /// Who speaks: `system`, `user`, `assistant` or `tool` (see ``Message/roles``).
    public var role: String
    public var content: String

    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }

    public static func system(_ content: String) -> Message {
        Message(role: "system", content: content)
    }

    public static func user(_ content: String) -> Message {
        Message(role: "user", content: content)
    }

    public static func assistant(_ content: String) -> Message {
        Message(role: "assistant", content: content)
    }

    /// The roles that feedback may carry. Importers translate other names (`human`, `gpt`, …) first.
    public static let roles: Set<String> = ["system", "user", "assistant", "tool"]
}
