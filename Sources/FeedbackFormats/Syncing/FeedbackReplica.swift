/// One side of a reconciliation: a store, or a daemon that has one.
///
/// - Errors: any error ends the reconciliation; what was united until then stays.
public protocol FeedbackReplica: Sendable {
    /// Summaries of the set by the first `depth` digits of the facts' hashes.
    func digest(depth: Int) async throws -> FeedbackDigest
    /// The facts whose hashes begin so, in the order of their hashes.
    func facts(under prefixes: [String]) async throws -> [FeedbackFact]
    /// The entries of the first of these hashes, as many as fit into one batch; what was erased or is
    /// not there is left out.
    func entries(of hashes: [String]) async throws -> FeedbackEntryBatch
    /// Takes in what another side has; durable on return. Once more changes nothing.
    func unite(_ entries: [FeedbackEntry], _ facts: [FeedbackFact]) async throws -> FeedbackUnion
}

/// A set of feedback in a few words: sets with equal digests are equal.
public struct FeedbackDigest: Codable, Hashable, Sendable {
    /// Hexadecimal digits of a hash that buckets go by, at most.
    public static let maximumDepth = 4

    /// Facts in all, those that were taken back with them.
    public var count: Int
    /// For each bucket the first half of the SHA-256 of what is known of its facts; empty without any.
    public var digests: [String]
    /// How many facts each bucket has.
    public var counts: [Int]

    public init(count: Int, digests: [String], counts: [Int]) {
        self.count = count
        self.digests = digests
        self.counts = counts
    }

    /// The beginning of the hashes in a bucket.
    public static func prefix(ofBucket index: Int, depth: Int) -> String {
        guard depth > 0 else { return "" }
        let digits = String(index, radix: 16)
        return String(repeating: "0", count: depth - digits.utf8.count) + digits
    }
}

/// Entries on their way from one set to another.
public struct FeedbackEntryBatch: Codable, Hashable, Sendable {
    /// Bytes of text in a batch; the last entry may go beyond. Even if JSON escapes all of it, a batch
    /// fits into one body.
    public static let textLimit = 4 << 20

    public var entries: [FeedbackEntry]
    /// How many of the hashes asked for are dealt with.
    public var considered: Int

    public init(entries: [FeedbackEntry], considered: Int) {
        self.entries = entries
        self.considered = considered
    }
}

/// What became of things that were taken in.
public struct FeedbackUnion: Codable, Hashable, Sendable {
    /// Entries that were not there.
    public var added = 0
    public var retracted = 0
    public var erased = 0
    /// Entries that are not valid here.
    public var refused = 0

    public init() {}

    public var isEmpty: Bool { self == FeedbackUnion() }

    public static func += (left: inout Self, right: Self) {
        left.added += right.added
        left.retracted += right.retracted
        left.erased += right.erased
        left.refused += right.refused
    }
}
