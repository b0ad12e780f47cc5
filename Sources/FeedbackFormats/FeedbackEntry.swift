public import Foundation

/// Feedback as a store keeps it: with its identity, its time and what became of it.
///
/// The `Codable` form is ``Feedback``'s with `id`, `recordedAt`, `heldOut`, `trainedIn`, `retraction` and
/// `erasedAt` beside it, on one level; times are ISO 8601 with milliseconds, whatever the encoder's
/// strategy is.
public struct FeedbackEntry: Codable, Hashable, Sendable {
    /// The first 16 hexadecimal digits of the content hash: the same on every host.
    public var id: String
    public var feedback: Feedback
    public var recordedAt: Date
    /// Whether the prompt belongs to the held-out share, which is never trained on.
    public var heldOut: Bool
    /// Completed rounds that trained on it, oldest first.
    public var trainedIn: [Int]
    public var retraction: Retraction?
    /// When its text was erased; prompt and sides are empty since.
    public var erasedAt: Date?

    public init(
        id: String, feedback: Feedback, recordedAt: Date, heldOut: Bool, trainedIn: [Int] = [],
        retraction: Retraction? = nil, erasedAt: Date? = nil
    ) {
        self.id = id
        self.feedback = feedback
        self.recordedAt = recordedAt
        self.heldOut = heldOut
        self.trainedIn = trainedIn
        self.retraction = retraction
        self.erasedAt = erasedAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, recordedAt, heldOut, trainedIn, retraction, erasedAt
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        feedback = try Feedback(from: decoder)
        recordedAt = try container.decode(Timestamp.self, forKey: .recordedAt).date
        heldOut = try container.decode(Bool.self, forKey: .heldOut)
        trainedIn = try container.decodeIfPresent([Int].self, forKey: .trainedIn) ?? []
        retraction = try container.decodeIfPresent(Retraction.self, forKey: .retraction)
        erasedAt = try container.decodeIfPresent(Timestamp.self, forKey: .erasedAt)?.date
    }

    public func encode(to encoder: any Encoder) throws {
        try feedback.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(Timestamp(recordedAt), forKey: .recordedAt)
        try container.encode(heldOut, forKey: .heldOut)
        if !trainedIn.isEmpty { try container.encode(trainedIn, forKey: .trainedIn) }
        try container.encodeIfPresent(retraction, forKey: .retraction)
        try container.encodeIfPresent(erasedAt.map(Timestamp.init), forKey: .erasedAt)
    }
}

/// The tombstone of a fact its author took back.
///
/// Two are equal if their reasons are so byte for byte, as for a database: to Swift, strings that only
/// Unicode's normal forms tell apart are one.
public struct Retraction: Codable, Hashable, Sendable {
    public var at: Date
    public var reason: String?

    public init(at: Date, reason: String? = nil) {
        self.at = at
        self.reason = reason
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.at == right.at
            && left.reason.map { Array($0.utf8) } == right.reason.map { Array($0.utf8) }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(at)
        hasher.combine(reason.map { Array($0.utf8) })
    }

    private enum CodingKeys: String, CodingKey { case at, reason }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        at = try container.decode(Timestamp.self, forKey: .at).date
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Timestamp(at), forKey: .at)
        try container.encodeIfPresent(reason, forKey: .reason)
    }
}

/// A time on the wire: ISO 8601 in UTC with milliseconds, `2026-11-23T17:39:28.123Z`.
///
/// - Edge cases: times before the year 1 or after 9999 become the nearest millisecond outside of these
///   years, which no store takes; one that is not a number becomes the earliest.
/// - Errors: `DecodingError.dataCorrupted` for what is no time, or is not in ``storable``.
public struct Timestamp: Codable, Hashable, Sendable {
    public var date: Date

    /// The milliseconds since 1970 that stores keep: until the end of the year 9999.
    public static let storable: ClosedRange<Int64> = 0...253_402_300_799_999

    /// Rounds to whole milliseconds, which is what stores keep.
    public init(_ date: Date) {
        self.init(milliseconds: Self.milliseconds(of: date))
    }

    public init(milliseconds: Int64) {
        let milliseconds = min(max(milliseconds, Self.bounds.lowerBound), Self.bounds.upperBound)
        date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    public var milliseconds: Int64 { Self.milliseconds(of: date) }

    /// Whether a store keeps it.
    public var isStorable: Bool { Self.storable.contains(milliseconds) }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let date = try? Date(text, strategy: Self.style), Self(date).isStorable else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a time from 1970 to 9999 in ISO 8601")
        }
        self.init(date)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        // Half a millisecond more, since the style truncates.
        try container.encode(date.addingTimeInterval(0.0005).formatted(Self.style))
    }

    /// The years 1 to 9999, and a millisecond on either side.
    private static let bounds: ClosedRange<Int64> = -62_135_596_800_001...253_402_300_800_000

    private static func milliseconds(of date: Date) -> Int64 {
        let exact = (date.timeIntervalSince1970 * 1000).rounded()
        guard exact > Double(bounds.lowerBound) else { return bounds.lowerBound }
        return exact < Double(bounds.upperBound) ? Int64(exact) : bounds.upperBound
    }

    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
