/// What a connection may do: each role may all that the ones before it may.
public enum PeerRole: String, Codable, CaseIterable, Sendable, Comparable {
    /// Fetch checkpoints; and feedback, if that is allowed besides.
    case pull
    /// Fetch and hand over; nothing is activated by that.
    case peer
    /// Everything.
    case full

    public static func < (left: Self, right: Self) -> Bool {
        allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
    }
}

/// What a connection gives up, for as long as it lasts.
public struct ConnectionLimits: JSONBody, Hashable {
    public var role: PeerRole
    /// Bytes of objects and feedback it may hand over; without a limit of its own unless set.
    public var quota: Int?
    /// The fingerprint of the host as which it may exchange feedback; of none, below `full`, unless set.
    public var feedback: String?

    public init(role: PeerRole, quota: Int? = nil, feedback: String? = nil) {
        self.role = role
        self.quota = quota
        self.feedback = feedback
    }
}
