/// The methods that the control protocol uses.
public enum HTTPVerb: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
}

/// What one body of a route holds.
public enum Payload: Sendable {
    case none
    case json(any (Codable & Sendable).Type)
    /// One JSON value a line, sent as they arise.
    case jsonLines(any (Codable & Sendable).Type)
    case bytes(MediaType)

    public var mediaType: MediaType? {
        switch self {
        case .none: nil
        case .json: .json
        case .jsonLines: .jsonLines
        case .bytes(let type): type
        }
    }
}

/// One row of the route table: everything about a route but its Swift types.
public struct Route: Sendable {
    /// Identifies the route in the OpenAPI document, such as `addFeedback`.
    public let name: String
    public let method: HTTPVerb
    /// The path with its prefix; at most one parameter, in braces: `/v1/labels/{id}/answer`.
    public let path: String
    /// What the route does, in one line.
    public let summary: String
    /// The input: the query of a GET or HEAD, the body of a POST or PUT.
    public let input: Payload
    public let output: Payload
    /// The kinds a caller must expect beyond those any route can give (``Route/commonErrors``).
    public let errors: [ErrorKind]
    /// The least that a connection must be allowed.
    public let role: PeerRole
    /// Whether a connection of a role below `full` must also be let have feedback.
    public let needsFeedbackRight: Bool

    /// The kinds that any route can give.
    public static let commonErrors: [ErrorKind] = [
        .invalidRequest, .forbidden, .tooLarge, .unavailable, .internalError,
    ]

    /// The name of the path's parameter, if it has one.
    public var parameter: String? {
        guard let open = path.firstIndex(of: "{"), let close = path.firstIndex(of: "}") else {
            return nil
        }
        return String(path[path.index(after: open)..<close])
    }
}

/// A route with the types of its input and output.
///
/// The marker types are ``Nothing``, ``RawBytes``, ``JSONLines`` and ``LineFile``; every other type is one JSON value.
public struct Endpoint<Input: WireForm, Output: WireForm>: Sendable {
    public let route: Route

    init(
        _ name: String, _ method: HTTPVerb, _ path: String,
        errors: [ErrorKind] = [], for role: PeerRole = .full,
        withFeedback needsFeedbackRight: Bool = false, summary: String
    ) {
        route = Route(
            name: name, method: method, path: ControlProtocol.prefix + path,
            summary: summary, input: Input.payload, output: Output.payload, errors: errors,
            role: role, needsFeedbackRight: needsFeedbackRight)
    }
}

/// A type that stands for a whole body, or a whole query, of a route.
public protocol WireForm: Sendable {
    static var payload: Payload { get }
}

/// A body that is one JSON value.
public protocol JSONBody: Codable, WireForm {}

extension JSONBody {
    public static var payload: Payload { .json(Self.self) }
}

/// Marks an input or output that does not exist.
public enum Nothing: WireForm {
    public static var payload: Payload { .none }
}

/// Marks a body of bytes without form, an object.
public enum RawBytes: WireForm {
    public static var payload: Payload { .bytes(.bytes) }
}

/// Marks a body that is a file of JSON lines in a format of someone else's, such as TRL's.
public enum LineFile: WireForm {
    public static var payload: Payload { .bytes(.jsonLines) }
}

/// Marks an answer that arrives line by line, each one `Line` in JSON.
public enum JSONLines<Line: Codable & Sendable>: WireForm {
    public static var payload: Payload { .jsonLines(Line.self) }
}
