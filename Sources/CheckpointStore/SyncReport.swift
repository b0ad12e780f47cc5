/// What a sync tells while it runs.
public enum SyncEvent: Codable, Hashable, Sendable {
    /// What has to be sent, known before the first byte goes.
    case planned(checkpoints: Int, objects: Int, bytes: Int)
    case progress(SyncProgress)
    case checkpointSent(CheckpointID)
    case headSent(SignedHead)
    case keyRecordSent(KeyRecord)
    case refused(SyncRefusal)
}

/// How far a sync is.
public struct SyncProgress: Codable, Hashable, Sendable {
    public var bytesSent: Int
    public var bytesTotal: Int
    public var objectsSent: Int
    public var objectsTotal: Int
    public var secondsElapsed: Double

    /// In bytes a second; 0 before the first moment has passed.
    public var rate: Double { secondsElapsed > 0 ? Double(bytesSent) / secondsElapsed : 0 }
}

/// Something that one side would not give or the other not take; the rest of the sync went on.
public struct SyncRefusal: Codable, Hashable, Sendable {
    /// Whose head it is, or whose key; nil for a checkpoint that the receiver has lost a part of.
    public var host: HostID?
    /// Nil for a record about a key.
    public var checkpoint: CheckpointID?
    /// The ``CheckpointError/kind`` word.
    public var kind: String
    public var reason: String

    public init(host: HostID?, checkpoint: CheckpointID?, kind: String, reason: String) {
        self.host = host
        self.checkpoint = checkpoint
        self.kind = kind
        self.reason = reason
    }
}

/// What a sync did, or in a dry run would do.
public struct SyncSummary: Codable, Hashable, Sendable {
    public var isDryRun = false
    public var checkpointsSent: [CheckpointID] = []
    public var objectsSent = 0
    public var bytesSent = 0
    /// Objects of the checkpoints concerned that the receiver had already.
    public var objectsPresent = 0
    public var headsSent: [SignedHead] = []
    public var keyRecordsSent: [KeyRecord] = []
    public var refusals: [SyncRefusal] = []
    /// All heads the receiver knows afterwards, one per host.
    public var heads: [SignedHead] = []

    public init() {}

    /// The checkpoints that hosts have in use; more than one means that hosts differ, for a person
    /// to decide.
    public var checkpointsInUse: [CheckpointID] { Set(heads.map(\.checkpoint)).sorted() }
}
