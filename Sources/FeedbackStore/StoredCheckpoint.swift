public import Foundation

/// A checkpoint that this host has made or admitted; its objects are another store's.
public struct StoredCheckpoint: Codable, Hashable, Sendable {
    /// The origins of what this host has made itself: by a round, or of two checkpoints.
    public static let roundOrigin = "local"
    public static let mergeOrigin = "merge"

    public var id: String
    /// ``roundOrigin``, ``mergeOrigin``, or what a peer that handed it over calls itself.
    public var origin: String
    /// The round that left it; nil when a peer, a merge or an import brought it.
    public var round: Int?
    public var recordedAt: Date
    public var isPinned = false
    /// When its objects were let go; nil while they are here.
    public var collectedAt: Date?

    /// Whether this host made it.
    public var isOwn: Bool { origin == Self.roundOrigin || origin == Self.mergeOrigin }
}

/// One step of the head's history.
public struct Promotion: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable {
        /// The gate let it pass.
        case gate
        /// A person insisted.
        case forced
        /// Back to the head before; once more, to the one before that.
        case rollback
        /// Back to the bare model, as when another model is put to use. Forgets what to roll back to.
        case reset
    }

    public var kind: Kind
    /// The head from here on; nil for the bare model.
    public var checkpoint: String?
    /// The gate's decision, JSON.
    public var gate: String?
    public var at: Date
}
