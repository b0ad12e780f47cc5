/// Which messages of which chats were rated how by rows read so far: what turns two opposite ratings of
/// siblings into a pair, though they stand in different rows.
struct RatingMemory {
    /// Beyond this many ratings the oldest half is forgotten, and with it a pair perhaps.
    private static let capacity = 1 << 17

    private struct Key: Hashable {
        var chat: String
        var message: String
    }

    private var recent: [Key: Bool] = [:]
    private var older: [Key: Bool] = [:]

    /// Whether the message was liked; nil when it was not rated.
    func liked(_ message: String, in chat: String) -> Bool? {
        let key = Key(chat: chat, message: message)
        return recent[key] ?? older[key]
    }

    mutating func remember(_ message: String, in chat: String, liked: Bool) {
        if recent.count == Self.capacity / 2 { (older, recent) = (recent, [:]) }
        recent[Key(chat: chat, message: message)] = liked
    }
}
