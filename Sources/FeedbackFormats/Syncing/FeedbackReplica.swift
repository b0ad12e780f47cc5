/// One side of a reconciliation: a store, or a daemon that has one.
///
/// - Errors: any error ends the reconciliation; what was united until then stays.
public protocol FeedbackReplica: Sendable {
    /// Summaries of the set by the first `depth` digits of the facts' hashes.
    func digest(depth: Int) async throws -> FeedbackDigest
    /// The first of the facts whose hashes begin so and come after `hash`, in the order of the hashes.
    ///
    /// - Precondition: the prefixes are what ``FeedbackDigest/areBuckets(_:)`` says.
    func facts(under prefixes: [String], after hash: String?) async throws -> FeedbackFactPage
    /// The entries of the first of these hashes, as many as fit into one batch; what was erased or is
    /// not there is left out.
    func entries(of hashes: [String]) async throws -> FeedbackEntryBatch
    /// Takes in what another side has; durable on return. Once more changes nothing.
    func unite(_ entries: [FeedbackEntry], _ facts: [FeedbackFact]) async throws -> FeedbackUnion
}

extension FeedbackReplica {
    /// The first page of the facts whose hashes begin so.
    public func facts(under prefixes: [String]) async throws -> FeedbackFactPage {
        try await facts(under: prefixes, after: nil)
    }
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

    /// Whether these are beginnings of hashes, none longer than ``maximumDepth``, and no hash begins with
    /// two of them.
    public static func areBuckets(_ prefixes: [String]) -> Bool {
        guard
            prefixes.allSatisfy({ prefix in
                prefix.utf8.count <= maximumDepth && prefix.isHexadecimal
            })
        else { return false }
        // Whatever comes between a prefix and one that it begins in order begins with it, too.
        let sorted = prefixes.sorted()
        return !zip(sorted, sorted.dropFirst()).contains { $1.hasPrefix($0) }
    }
}

/// Facts on their way from one set to another, without their text.
public struct FeedbackFactPage: Codable, Hashable, Sendable {
    /// Facts in a page at most.
    public static let limit = 5000
    /// Bytes of facts in a page, by ``FeedbackFact/byteCount``; the last fact may go beyond.
    public static let byteLimit = FeedbackEntryBatch.textLimit

    /// In the order of their hashes.
    public var facts: [FeedbackFact]
    /// The last hash, after which there may be more; nil when there is nothing more.
    public var next: String?

    public init(facts: [FeedbackFact], next: String? = nil) {
        self.facts = facts
        self.next = next
    }

    /// Whether it goes on after `hash` as a page has to.
    func continues(after hash: String?) -> Bool {
        var last = hash ?? ""
        for fact in facts {
            guard fact.hash.utf8.count == 64, fact.hash.isHexadecimal, fact.hash > last else {
                return false
            }
            last = fact.hash
        }
        return facts.count <= Self.limit && (next == nil || next == facts.last?.hash)
    }
}

extension String {
    /// Whether all of it is lower-case hexadecimal digits.
    package var isHexadecimal: Bool {
        utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
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
    /// Entries that are not valid here, or have the id of another one that is here.
    public var refused = 0

    public init() {}

    public var isEmpty: Bool { self == FeedbackUnion() }

    /// Whether it can have come of so many entries and facts.
    func canHaveCome(ofEntries entries: Int, facts: Int) -> Bool {
        (0...entries).contains(added) && (0...entries + facts).contains(retracted)
            && (0...facts).contains(erased) && (0...entries + facts).contains(refused)
    }

    public static func += (left: inout Self, right: Self) {
        left.added += right.added
        left.retracted += right.retracted
        left.erased += right.erased
        left.refused += right.refused
    }
}
