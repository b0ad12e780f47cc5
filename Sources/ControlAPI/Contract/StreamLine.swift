/// One line of a long answer: a value, a word on how far the work is, or the error that ended it.
///
/// On the wire an object with exactly one key: `{"value":…}`, `{"progress":…}` or `{"error":…}`. An error after the
/// status line has gone out can only travel this way; nothing follows it.
public enum StreamLine<Value: Codable & Sendable>: Sendable {
    case value(Value)
    case progress(WorkProgress)
    case failure(ControlError)
}

extension StreamLine: Equatable where Value: Equatable {}

extension StreamLine: Codable {
    private struct Form: Codable {
        var value: Value?
        var progress: WorkProgress?
        var error: ControlError?
    }

    public init(from decoder: any Decoder) throws {
        let form = try Form(from: decoder)
        switch (form.value, form.progress, form.error) {
        case (let value?, nil, nil): self = .value(value)
        case (nil, let progress?, nil): self = .progress(progress)
        case (nil, nil, let error?): self = .failure(error)
        default:
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "a line needs exactly one of value, progress and error"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var form = Form()
        switch self {
        case .value(let value): form.value = value
        case .progress(let progress): form.progress = progress
        case .failure(let error): form.error = error
        }
        try form.encode(to: encoder)
    }
}

/// How far a long work is.
public struct WorkProgress: Codable, Hashable, Sendable {
    /// What is being done, such as `scoring`, `sampling`, `training`, `evaluating`.
    public var phase: String
    public var done: Int
    /// Absent when the end is not known.
    public var total: Int?
    /// What there is to say besides, in a person's words.
    public var message: String?
    /// Current figures under stable names, TRL's where TRL has one.
    public var figures: [String: Double]?

    public init(
        phase: String, done: Int, total: Int? = nil, message: String? = nil,
        figures: [String: Double]? = nil
    ) {
        self.phase = phase
        self.done = done
        self.total = total
        self.message = message
        self.figures = figures
    }
}

/// A part of a list, and where the next part starts.
public struct Page<Item: Codable & Sendable>: JSONBody {
    public var items: [Item]
    /// Hand it back as `after` to go on; absent at the end.
    public var next: String?

    public init(items: [Item], next: String? = nil) {
        self.items = items
        self.next = next
    }
}

extension Page: Equatable where Item: Equatable {}
