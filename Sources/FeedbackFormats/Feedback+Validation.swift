extension Feedback {
    /// The longest prompt (all messages together), answer, in bytes of UTF-8.
    public static let maximumTextBytes = 1 << 20
    /// The longest `source`, in bytes of UTF-8.
    public static let maximumSourceBytes = 1 << 10
    public static let maximumMessageCount = 1024

    /// Why this feedback cannot be taken in, or nil when it can.
    ///
    /// The one place where content is judged: importers, the control API and the store all ask here.
    /// NUL is refused because C string interfaces, SQLite's among them, would cut the text there.
    public var refusal: FeedbackRefusal? {
        do throws(FeedbackRefusal) {
            try validatePrompt()
            try validateSides()
            if let source { try Self.validate(source, named: "`source`", Self.maximumSourceBytes) }
            return nil
        } catch {
            return error
        }
    }

    /// Returns itself when acceptable, else throws the refusal.
    public func validated() throws(FeedbackRefusal) -> Feedback {
        if let refusal { throw refusal }
        return self
    }

    private func validatePrompt() throws(FeedbackRefusal) {
        guard prompt.count <= Self.maximumMessageCount else {
            throw .tooManyMessages(limit: Self.maximumMessageCount)
        }
        var size = 0
        for message in prompt {
            guard Message.roles.contains(message.role) else { throw .unknownRole(message.role) }
            try Self.validate(message.content, named: "the prompt")
            size += message.content.utf8.count
        }
        guard size <= Self.maximumTextBytes else {
            throw .textTooLong("the prompt", limit: Self.maximumTextBytes)
        }
        guard let last = prompt.last, prompt.contains(where: { $0.role == "user" }),
            last.role == "user" || last.role == "tool"
        else { throw .noUserTurn }
        guard !last.content.isBlank else { throw .emptyText("the user's turn") }
    }

    private func validateSides() throws(FeedbackRefusal) {
        for (name, text) in [("`chosen`", chosen), ("`rejected`", rejected)] {
            guard let text else { continue }
            guard !text.isBlank else { throw .emptyText(name) }
            try Self.validate(text, named: name)
        }
        switch kind {
        case .rating:
            guard (chosen == nil) != (rejected == nil) else { throw .sides(kind) }
        case .pair, .tie, .edit:
            guard let chosen, let rejected else { throw .sides(kind) }
            guard chosen != rejected else { throw .identicalSides }
        }
    }

    private static func validate(
        _ text: String, named name: String, _ limit: Int = maximumTextBytes
    ) throws(FeedbackRefusal) {
        guard text.utf8.count <= limit else { throw .textTooLong(name, limit: limit) }
        guard !text.utf8.contains(0) else { throw .containsNUL(name) }
    }
}

extension String {
    /// Whether there is nothing but white space.
    var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
