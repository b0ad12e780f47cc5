public import CheckpointStore

/// Which part of an object to send.
public struct ObjectQuery: JSONBody, Hashable {
    /// The first byte, for going on where a transfer was cut; 0 unless said.
    public var offset: Int?

    public init(offset: Int? = nil) {
        self.offset = offset
    }
}

/// How much of an object has come.
public struct ReceivedBytes: JSONBody, Hashable {
    /// Bytes from its beginning on that wait for the rest; 0 for one that is whole, or not there.
    public var bytes: Int

    public init(bytes: Int) {
        self.bytes = bytes
    }
}

/// Objects by id.
public struct ObjectList: JSONBody, Hashable {
    public var ids: [ObjectID]

    public init(ids: [ObjectID]) {
        self.ids = ids
    }
}

/// Checkpoints on record that are not here whole.
public struct LossReport: JSONBody, Hashable {
    /// Those that have lost a part.
    public var ids: [CheckpointID]
    /// Those whose objects were let go; absent from a daemon that lets none go.
    public var collected: [CheckpointID]?

    public init(ids: [CheckpointID], collected: [CheckpointID]) {
        self.ids = ids
        self.collected = collected
    }
}

/// The newest signed head known of every host.
public struct HeadsReport: JSONBody, Hashable {
    /// The daemon's own host; its head comes first, if it has one.
    public var host: HostID
    public var heads: [SignedHead]

    public init(host: HostID, heads: [SignedHead]) {
        self.host = host
        self.heads = heads
    }
}

/// A host's head, handed over.
public struct HeadDelivery: JSONBody, Hashable {
    public var head: SignedHead

    public init(head: SignedHead) {
        self.head = head
    }
}
