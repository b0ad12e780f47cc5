public import FeedbackFormats

/// Feedback on its way in; at most ``ControlProtocol/feedbackBatchLimit`` items.
public struct FeedbackBatch: JSONBody, Hashable {
    public var items: [Feedback]

    public init(items: [Feedback]) {
        self.items = items
    }
}

/// What became of each item of a batch, in its order.
public struct FeedbackOutcomes: JSONBody, Hashable {
    public var outcomes: [FeedbackOutcome]

    public init(outcomes: [FeedbackOutcome]) {
        self.outcomes = outcomes
    }
}

/// What became of one feedback.
public struct FeedbackOutcome: Codable, Hashable, Sendable {
    public enum Result: String, Codable, CaseIterable, Sendable {
        /// Stored and durable.
        case added
        /// The same content is already there; `id` names it.
        case duplicate
        /// Not stored; `reason` says why.
        case refused
    }

    public var result: Result
    public var id: String?
    public var reason: String?

    public init(result: Result, id: String? = nil, reason: String? = nil) {
        self.result = result
        self.id = id
        self.reason = reason
    }
}

extension FeedbackEntry: JSONBody {}

/// Which feedback to list.
public struct FeedbackQuery: JSONBody, Hashable {
    public var kind: Feedback.Kind?
    /// Text that prompt or answer must contain.
    public var search: String?
    /// Include what was retracted.
    public var retracted: Bool?
    public var limit: Int?
    /// The `next` of the page before.
    public var after: String?

    public init(
        kind: Feedback.Kind? = nil, search: String? = nil, retracted: Bool? = nil,
        limit: Int? = nil, after: String? = nil
    ) {
        self.kind = kind
        self.search = search
        self.retracted = retracted
        self.limit = limit
        self.after = after
    }
}

/// In which format to export feedback.
public struct FeedbackExportQuery: JSONBody, Hashable {
    public var format: FeedbackExport

    public init(format: FeedbackExport) {
        self.format = format
    }
}

/// Which part of a list.
public struct PageQuery: JSONBody, Hashable {
    public var limit: Int?
    /// The `next` of the page before.
    public var after: String?

    public init(limit: Int? = nil, after: String? = nil) {
        self.limit = limit
        self.after = after
    }
}
