/// A JSON object, with the readings that several shapes share.
struct Row {
    var fields: [String: JSONValue]

    /// A member; nil for JSON's null.
    subscript(key: String) -> JSONValue? {
        guard let value = fields[key], value != .null else { return nil }
        return value
    }

    /// Whether all of these have a value.
    func has(_ keys: String...) -> Bool { keys.allSatisfy { self[$0] != nil } }

    /// The row's own `source`, when it names one in words.
    var source: String? { self["source"]?.string }

    func required(_ key: String) throws(FeedbackRefusal) -> JSONValue {
        guard let value = self[key] else { throw .missing(key) }
        return value
    }

    func text(_ key: String) throws(FeedbackRefusal) -> String {
        guard let text = try required(key).string else {
            throw .wrongType(key: key, expected: "text")
        }
        return text
    }

    /// Text that may be missing, then empty.
    func optionalText(_ key: String) throws(FeedbackRefusal) -> String {
        self[key] == nil ? "" : try text(key)
    }

    /// A conversation, or a lone text as its user's turn; a transcript that awaits an answer is taken apart.
    func prompt(_ key: String) throws(FeedbackRefusal) -> [Message] {
        let value = try required(key)
        guard let text = value.string else { return try value.messages(key) }
        return Transcript.openPrompt(text) ?? [.user(text)]
    }

    /// One answer: a text, a message, or a list that holds one assistant's message.
    func answer(_ key: String) throws(FeedbackRefusal) -> String {
        let value = try required(key)
        if let text = value.string { return text }
        let messages = value.object == nil ? try value.messages(key) : [try value.message(key)]
        guard messages.count == 1, messages[0].role == "assistant" else {
            throw .wrongType(key: key, expected: "one answer of the assistant")
        }
        return messages[0].content
    }

    /// true or false, also as 1 or 0.
    func flag(_ key: String) throws(FeedbackRefusal) -> Bool {
        switch try required(key) {
        case .bool(let value): value
        case .number(1): true
        case .number(0): false
        default: throw .wrongType(key: key, expected: "true or false")
        }
    }
}

extension JSONValue {
    /// A list of messages.
    func messages(_ key: String) throws(FeedbackRefusal) -> [Message] {
        guard let array else { throw .wrongType(key: key, expected: "text or a list of messages") }
        var messages: [Message] = []
        for value in array { messages.append(try value.message(key)) }
        return messages
    }

    /// A message as `role`/`content` or as `from`/`value`.
    func message(_ key: String) throws(FeedbackRefusal) -> Message {
        guard let role = (self["role"] ?? self["from"])?.string else {
            throw .wrongType(key: key, expected: "a message (an object with `role` and `content`)")
        }
        let content = try (self["content"] ?? self["value"])?.plainText(in: key)
        guard let content, self["tool_calls"] == nil, role != "function_call" else {
            throw .notText("a message in `\(key)`")
        }
        return Message(role: Message.canonicalRole(role), content: content)
    }

    /// A text, or the texts of a list of parts put together.
    private func plainText(in key: String) throws(FeedbackRefusal) -> String {
        if let string { return string }
        guard let parts = array else { throw .notText("a message in `\(key)`") }
        var text = ""
        for part in parts {
            guard part["type"]?.string == "text", let piece = part["text"]?.string else {
                throw .notText("a message in `\(key)`")
            }
            text += piece
        }
        return text
    }
}

extension Message {
    /// The name that Attune has for a role; a name nobody knows stays, and is refused as such.
    static func canonicalRole(_ name: String) -> String {
        switch name.lowercased() {
        case "system", "developer": "system"
        case "user", "human": "user"
        case "assistant", "gpt", "chatgpt", "bing", "bard", "bot", "model": "assistant"
        case "tool", "observation", "function": "tool"
        default: name
        }
    }
}
