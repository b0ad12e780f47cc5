/// Why a row or an item is not taken in.
///
/// The description is written for the person whose row it is: what is wrong and, where it helps,
/// what would be right.
public enum FeedbackRefusal: Error, Hashable, Sendable {
    case malformedJSON(String)
    case invalidUTF8
    case rowTooLong(limit: Int)
    case notAnObject
    case unknownShape(keys: [String])
    case missing(String)
    case wrongType(key: String, expected: String)
    case notText(String)
    case emptyText(String)
    case sides(Feedback.Kind)
    case identicalSides
    case onePrefixOfOther
    case noCommonPrompt
    case noUserTurn
    case unknownRole(String)
    case tooManyMessages(limit: Int)
    case textTooLong(String, limit: Int)
    case containsNUL(String)
    case nothingRated
    case retracted
}

extension FeedbackRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformedJSON(let detail): "not valid JSON: \(detail)"
        case .invalidUTF8: "not valid UTF-8"
        case .rowTooLong(let limit): "longer than \(limit >> 20) MiB"
        case .notAnObject: "not a JSON object"
        case .unknownShape(let keys):
            "unknown shape: found the keys \(keys.isEmpty ? "(none)" : keys.joined(separator: ", "))"
        case .missing(let key): "`\(key)` is missing"
        case .wrongType(let key, let expected): "`\(key)` is not \(expected)"
        case .notText(let what): "\(what) is not plain text (images and tool calls are not learned)"
        case .emptyText(let what): "\(what) is empty"
        case .sides(.rating): "a rating has exactly one answer: `chosen` if liked, else `rejected`"
        case .sides(let kind): "a \(kind.rawValue) needs both `chosen` and `rejected`"
        case .identicalSides: "`chosen` and `rejected` are the same text"
        case .onePrefixOfOther:
            "one transcript continues the other, so there are no two answers to compare"
        case .noCommonPrompt: "the two sides do not begin with the same prompt"
        case .noUserTurn: "the prompt does not end with a user's turn"
        case .unknownRole(let role): "unknown role `\(role)`"
        case .tooManyMessages(let limit): "the prompt has more than \(limit) messages"
        case .textTooLong(let what, let limit): "\(what) is longer than \(limit >> 10) KiB"
        case .containsNUL(let what): "\(what) contains a NUL character"
        case .nothingRated: "nobody rated this row"
        case .retracted: "retracted where it was recorded"
        }
    }
}
