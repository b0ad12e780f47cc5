public import Foundation

/// What a set of feedback knows of one fact, without the fact's text.
///
/// Facts form a join-semilattice: ``joined(with:)`` is commutative, associative and idempotent, so hosts
/// that exchange what they have come to the same set, in whatever order and however often they meet.
/// A tombstone wins over the entry, an erasure over both; of two of a kind the earlier one counts. What
/// a host heard first hand, the time and the source of an entry, describes that host's copy and is no
/// part of the set.
public struct FeedbackFact: Codable, Hashable, Sendable {
    /// The fact's content hash, 64 hexadecimal digits.
    public var hash: String
    /// Absent for what was erased.
    public private(set) var retraction: Retraction?
    public private(set) var erasedAt: Date?
    /// Checkpoints of any host that were trained on it, the first ``maximumCheckpoints`` in order; told
    /// only of what was taken back.
    public private(set) var checkpoints: [String]

    /// The most checkpoints that are told of one fact.
    public static let maximumCheckpoints = 1024

    /// The fact's id.
    public var id: String { String(hash.prefix(16)) }
    /// Whether there is more to it than that it is there.
    public var isTakenBack: Bool { retraction != nil || erasedAt != nil }

    public init(
        hash: String, retraction: Retraction? = nil, erasedAt: Date? = nil,
        checkpoints: [String] = []
    ) {
        self.hash = hash
        self.erasedAt = erasedAt.map(Self.rounded)
        self.retraction =
            erasedAt != nil
            ? nil
            : retraction.map { retraction in
                Retraction(
                    at: Self.rounded(retraction.at),
                    reason: retraction.reason.flatMap { $0.isEmpty ? nil : $0 })
            }
        self.checkpoints =
            retraction != nil || erasedAt != nil
            ? Array(Set(checkpoints).sorted().prefix(Self.maximumCheckpoints)) : []
    }

    /// The bytes it says something with.
    public var byteCount: Int {
        hash.utf8.count + (retraction?.reason?.utf8.count ?? 0)
            + checkpoints.reduce(0) { $0 + $1.utf8.count }
    }

    /// The least fact that says what both say of the same hash.
    public func joined(with other: FeedbackFact) -> FeedbackFact {
        precondition(hash == other.hash, "only what is said of one fact can be joined")
        return FeedbackFact(
            hash: hash,
            // By bytes, as databases compare: by Swift's order, normal forms of one text are equal.
            retraction: [retraction, other.retraction].compactMap(\.self).min {
                $0.at != $1.at
                    ? $0.at < $1.at
                    : ($0.reason ?? "").utf8.lexicographicallyPrecedes(($1.reason ?? "").utf8)
            },
            erasedAt: [erasedAt, other.erasedAt].compactMap(\.self).min(),
            checkpoints: checkpoints + other.checkpoints)
    }

    private enum CodingKeys: String, CodingKey { case hash, retraction, erasedAt, checkpoints }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            hash: try container.decode(String.self, forKey: .hash),
            retraction: try container.decodeIfPresent(Retraction.self, forKey: .retraction),
            erasedAt: try container.decodeIfPresent(Timestamp.self, forKey: .erasedAt)?.date,
            checkpoints: try container.decodeIfPresent([String].self, forKey: .checkpoints) ?? [])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(hash, forKey: .hash)
        try container.encodeIfPresent(retraction, forKey: .retraction)
        try container.encodeIfPresent(erasedAt.map(Timestamp.init), forKey: .erasedAt)
        if !checkpoints.isEmpty { try container.encode(checkpoints, forKey: .checkpoints) }
    }

    /// The time that stores keep, bit for bit the same wherever it comes from.
    private static func rounded(_ date: Date) -> Date {
        Timestamp(milliseconds: Timestamp(date).milliseconds).date
    }
}
