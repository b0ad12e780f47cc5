public import CheckpointStore

/// The key that a host signs with.
public struct KeyReport: JSONBody, Hashable {
    /// The SHA-256 of the public key.
    public var host: HostID
    /// The part of `host` that people compare.
    public var fingerprint: String
    /// The hosts that it was before its key was changed; those who trust one of them trust it.
    public var predecessors: [HostID]

    public init(host: HostID, predecessors: [HostID]) {
        self.host = host
        fingerprint = host.fingerprint
        self.predecessors = predecessors
    }
}

/// A host's change of its key.
public struct KeyChange: JSONBody, Hashable {
    /// Who the host was.
    public var before: HostID
    /// Who it is now.
    public var host: HostID
    /// The part of `host` that people compare.
    public var fingerprint: String
    /// Whether the old key is void, so that nothing vouches for the new one.
    public var revoked: Bool

    public init(before: HostID, host: HostID, revoked: Bool) {
        self.before = before
        self.host = host
        fingerprint = host.fingerprint
        self.revoked = revoked
    }
}

/// What a host says of its own key, handed over.
public struct KeyRecordDelivery: JSONBody, Hashable {
    public var record: KeyRecord

    public init(record: KeyRecord) {
        self.record = record
    }
}
