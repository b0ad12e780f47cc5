import FeedbackFormats
public import Foundation

/// The constants and the JSON dialect that daemon and clients share.
public enum ControlProtocol {
    /// Goes up when an older client could misread an answer; added keys do not raise it.
    public static let version = 1

    /// The header in which both sides state ``version``, on every request and every answer.
    public static let versionHeader = "attune-api"

    /// The path prefix of every route.
    public static let prefix = "/v1"

    /// The most items one ``ControlRoutes/addFeedback`` takes.
    public static let feedbackBatchLimit = 500

    /// The largest JSON body the daemon takes, in bytes; feedback importers stay far below it.
    public static let jsonBodyLimit = 64 << 20

    /// The largest object the daemon takes, in bytes.
    public static let objectBodyLimit = 2 << 30

    /// Writes bodies: camelCase keys in sorted order, ISO 8601 dates in UTC with milliseconds, unescaped slashes.
    ///
    /// Not-a-number and infinities, which JSON has no numbers for, become the strings "nan", "inf", "-inf".
    public static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            try Timestamp(date).encode(to: encoder)
        }
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }

    /// Reads what ``encoder()`` writes; unknown keys are ignored.
    public static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { try Timestamp(from: $0).date }
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return decoder
    }
}

/// The media types that bodies travel as.
public enum MediaType: String, Sendable {
    case json = "application/json"
    case jsonLines = "application/jsonl"
    case bytes = "application/octet-stream"
}
