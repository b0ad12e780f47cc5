public import CheckpointStore
public import FeedbackFormats
public import Foundation

/// Feedback whose text is to go for good.
public struct FeedbackErasure: JSONBody, Hashable {
    /// Ids or their unique beginnings; at most ``ControlProtocol/feedbackBatchLimit``.
    public var ids: [String]

    public init(ids: [String]) {
        self.ids = ids
    }
}

/// What an erasure left.
public struct ErasureReport: JSONBody, Hashable {
    /// The entries, without text.
    public var entries: [FeedbackEntry]
    /// The round that had the text and was not finished, which was cancelled.
    public var cancelledRound: Int?

    public init(entries: [FeedbackEntry], cancelledRound: Int? = nil) {
        self.entries = entries
        self.cancelledRound = cancelledRound
    }
}

/// What was erased or retracted of the feedback that a checkpoint and those before it were trained on.
public struct Withdrawals: Codable, Hashable, Sendable {
    public var erased: Int
    public var retracted: Int

    public init(erased: Int, retracted: Int) {
        self.erased = erased
        self.retracted = retracted
    }
}

/// Asks for a summary of the set of feedback; `host` is the one it is for, here as in the other bodies.
public struct FeedbackDigestQuery: JSONBody, Hashable {
    public var host: HostID
    /// By how many digits of the hashes to divide it, 0 to ``FeedbackDigest/maximumDepth``.
    public var depth: Int

    public init(host: HostID, depth: Int) {
        self.host = host
        self.depth = depth
    }
}

extension FeedbackDigest: JSONBody {}

/// Asks what is known of some facts.
public struct FeedbackFactsQuery: JSONBody, Hashable {
    public var host: HostID
    /// What their hashes begin with: 0 to ``FeedbackDigest/maximumDepth`` digits each, at most
    /// ``FeedbackReconciler/bucketLimit`` of them, none of which begins with another.
    public var prefixes: [String]
    /// The page before's `next`.
    public var after: String?

    public init(host: HostID, prefixes: [String], after: String? = nil) {
        self.host = host
        self.prefixes = prefixes
        self.after = after
    }
}

extension FeedbackFactPage: JSONBody {}

/// Asks for the text of some facts; at most ``FeedbackReconciler/entryLimit``.
public struct FeedbackEntriesQuery: JSONBody, Hashable {
    public var host: HostID
    public var hashes: [String]

    public init(host: HostID, hashes: [String]) {
        self.host = host
        self.hashes = hashes
    }
}

extension FeedbackEntryBatch: JSONBody {}

/// Feedback of another host's; at most ``FeedbackReconciler/entryLimit`` of either kind.
public struct FeedbackDelivery: JSONBody, Hashable {
    public var host: HostID
    public var entries: [FeedbackEntry]
    public var facts: [FeedbackFact]

    public init(host: HostID, entries: [FeedbackEntry], facts: [FeedbackFact]) {
        self.host = host
        self.entries = entries
        self.facts = facts
    }

    /// What it counts for against a quota: the text, and a hash or more for what has none.
    public var byteCount: Int {
        entries.reduce(0) {
            $0 + $1.feedback.textBytes + ($1.retraction?.reason?.utf8.count ?? 0) + 64
        } + facts.reduce(0) { $0 + $1.byteCount }
    }
}

extension FeedbackUnion: JSONBody {}

/// Asks a host to show that it is the one it says it is.
public struct HostChallenge: JSONBody, Hashable {
    /// Who asks.
    public var host: HostID
    /// Bytes that nobody has seen before.
    public var nonce: Data

    public init(host: HostID, nonce: Data) {
        self.host = host
        self.nonce = nonce
    }
}

extension HostProof: JSONBody {}

/// Whether feedback is exchanged with a peer.
public struct FeedbackSharing: JSONBody, Hashable {
    public var shared: Bool

    public init(shared: Bool) {
        self.shared = shared
    }
}
