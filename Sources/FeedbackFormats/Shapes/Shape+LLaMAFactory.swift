extension RowShape {
    /// LLaMA-Factory's pairs in Alpaca's manner:
    ///
    ///     {"instruction", "input", "system"?, "history"?: [[question, answer]], "chosen", "rejected"}
    static let llamaFactoryAlpaca = RowShape(
        .llamaFactory,
        matches: { $0.has("instruction", "chosen", "rejected") },
        read: { row throws(FeedbackRefusal) in
            [
                Feedback(
                    kind: .pair, prompt: try row.alpacaPrompt(), chosen: try row.answer("chosen"),
                    rejected: try row.answer("rejected"), source: row.source)
            ]
        })

    /// The same with one rated answer: `output` and `kto_tag` in place of the sides.
    static let llamaFactoryAlpacaRated = RowShape(
        .llamaFactory,
        matches: { $0.has("instruction", "output", "kto_tag") },
        read: { row throws(FeedbackRefusal) in
            [
                .rating(
                    try row.alpacaPrompt(), answer: try row.answer("output"),
                    liked: try row.flag("kto_tag"), source: row.source)
            ]
        })

    /// LLaMA-Factory's pairs in ShareGPT's manner (`messages` in OpenAI's):
    ///
    ///     {"conversations": [{"from", "value"}, …], "chosen": {"from", "value"}, "rejected": {…}}
    static let llamaFactoryChat = RowShape(
        .llamaFactory,
        matches: { row in
            row.conversationKey != nil && row["chosen"]?.object != nil
                && row["rejected"]?.object != nil
        },
        read: { row throws(FeedbackRefusal) in
            [
                Feedback(
                    kind: .pair, prompt: try row.chatPrompt(), chosen: try row.answer("chosen"),
                    rejected: try row.answer("rejected"), source: row.source)
            ]
        })

    /// The same with one rated answer, the conversation's last turn: `kto_tag` says how it was rated.
    static let llamaFactoryChatRated = RowShape(
        .llamaFactory,
        matches: { $0.conversationKey != nil && $0.has("kto_tag") },
        read: { row throws(FeedbackRefusal) in
            let messages = try row.chatPrompt()
            guard let last = messages.last, last.role == "assistant" else {
                throw .wrongType(
                    key: row.conversationKey ?? "",
                    expected: "a conversation that ends with an answer")
            }
            return [
                .rating(
                    messages.dropLast(), answer: last.content, liked: try row.flag("kto_tag"),
                    source: row.source)
            ]
        })
}

extension Row {
    fileprivate var conversationKey: String? {
        ["conversations", "messages"].first { self[$0]?.array != nil }
    }

    fileprivate func chatPrompt() throws(FeedbackRefusal) -> [Message] {
        let key = conversationKey ?? "conversations"
        let system = try optionalText("system")
        return (system.isEmpty ? [] : [.system(system)]) + (try required(key).messages(key))
    }

    fileprivate func alpacaPrompt() throws(FeedbackRefusal) -> [Message] {
        let system = try optionalText("system")
        var messages: [Message] = system.isEmpty ? [] : [.system(system)]
        for turn in self["history"]?.array ?? [] {
            guard let turn = turn.array, turn.count == 2, let question = turn[0].string,
                let answer = turn[1].string
            else { throw .wrongType(key: "history", expected: "a list of [question, answer]") }
            messages += [.user(question), .assistant(answer)]
        }
        let instruction = try text("instruction")
        let input = try optionalText("input")
        let question = [instruction, input].filter { !$0.isEmpty }.joined(separator: "\n")
        return messages + [.user(question)]
    }
}
