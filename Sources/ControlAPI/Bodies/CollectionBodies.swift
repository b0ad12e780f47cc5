public import CheckpointStore
public import Foundation

/// What to keep, and whether to let the rest go.
public struct CollectionOrder: JSONBody, Hashable {
    public var retention: Retention
    /// Let the rest go; otherwise it is only told.
    public var apply: Bool

    public init(retention: Retention, apply: Bool) {
        self.retention = retention
        self.apply = apply
    }
}

/// What a collection let go, or would.
public struct CollectionReport: JSONBody, Hashable {
    public struct Entry: Codable, Hashable, Sendable {
        public var checkpoint: CheckpointID
        public var addedAt: Date
        /// Why it stays; absent if it goes.
        public var reason: Retention.Reason?

        public init(checkpoint: CheckpointID, addedAt: Date, reason: Retention.Reason?) {
            self.checkpoint = checkpoint
            self.addedAt = addedAt
            self.reason = reason
        }
    }

    /// Whether it was done.
    public var applied: Bool
    /// Checkpoints whose objects are here, the latest first.
    public var checkpoints: [Entry]
    public var objects: Int
    public var bytes: Int64

    public init(applied: Bool, checkpoints: [Entry], objects: Int, bytes: Int64) {
        self.applied = applied
        self.checkpoints = checkpoints
        self.objects = objects
        self.bytes = bytes
    }
}

/// Whether a checkpoint is kept whatever else is collected.
public struct Pinning: JSONBody, Hashable {
    public var pinned: Bool

    public init(pinned: Bool) {
        self.pinned = pinned
    }
}
