extension RowShape {
    /// Open WebUI's feedback export. A row rates one message of a chat whose snapshot it carries; two
    /// siblings under one parent that carry opposite ratings make a pair besides.
    ///
    ///     {"type": "rating", "data": {"rating": 1|-1, …}, "meta": {"chat_id", "message_id", …},
    ///      "snapshot": {"chat": {"chat": {"history": {"messages": {id: {"parentId", "role", "content"}}}}}}}
    static let openWebUI = RowShape(
        .openWebUI,
        matches: {
            $0["type"]?.string == "rating" && $0.fields["data"] != nil && $0.fields["meta"] != nil
        },
        remembering: { (row, memory) throws(FeedbackRefusal) in
            let liked = try row.thumb()
            let history = row["snapshot"]?["chat"]?["chat"]?["history"]?["messages"]
            guard let messages = history?.object else {
                throw .missing("snapshot.chat.chat.history")
            }
            guard let id = row["meta"]?["message_id"]?.string else {
                throw .missing("meta.message_id")
            }
            guard let rated = messages[id] else {
                throw .missing("history.messages[meta.message_id]")
            }
            let answer = try rated.message("snapshot").content
            let prompt = try conversation(before: rated, in: messages)
            var facts = [
                Feedback.rating(prompt, answer: answer, liked: liked, source: row.source)
            ]
            let chat = row["meta"]?["chat_id"]?.string ?? ""
            for (sibling, message) in messages.sorted(by: { $0.key < $1.key })
            where sibling != id && message["parentId"] == rated["parentId"]
                && memory.liked(sibling, in: chat) == !liked
            {
                let other = try message.message("snapshot").content
                facts.append(
                    Feedback(
                        kind: .pair, prompt: prompt, chosen: liked ? answer : other,
                        rejected: liked ? other : answer, source: row.source))
            }
            memory.remember(id, in: chat, liked: liked)
            return facts
        })

    /// The turns from the chat's beginning to the message, by its chain of parents.
    private static func conversation(
        before message: JSONValue, in messages: [String: JSONValue]
    ) throws(FeedbackRefusal) -> [Message] {
        var turns: [Message] = []
        var parent = message["parentId"]?.string
        while let id = parent {
            guard let message = messages[id] else { throw .missing("history.messages[\(id)]") }
            turns.append(try message.message("snapshot"))
            // A chain longer than the chat runs in a circle.
            guard turns.count <= messages.count else { throw .noUserTurn }
            parent = message["parentId"]?.string
        }
        return turns.reversed()
    }
}

extension Row {
    /// A thumb up or down, as a number or as text.
    fileprivate func thumb() throws(FeedbackRefusal) -> Bool {
        guard let rating = self["data"]?["rating"] else { throw .nothingRated }
        switch rating.number ?? rating.string.flatMap(Double.init) {
        case 1: return true
        case -1: return false
        default: throw .wrongType(key: "data.rating", expected: "1 or -1")
        }
    }
}
