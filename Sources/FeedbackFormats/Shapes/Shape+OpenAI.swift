extension RowShape {
    /// OpenAI's preference fine-tuning, Fireworks' and Together's too. Tools offered are ignored; answers
    /// that call them are refused, since they are no text.
    ///
    ///     {"input": {"messages": […], "tools": […], "parallel_tool_calls": true},
    ///      "preferred_output": [message], "non_preferred_output": [message]}
    static let openAI = RowShape(
        .openAI,
        matches: { $0["input"]?["messages"] != nil && $0.has("preferred_output") },
        read: { row throws(FeedbackRefusal) in
            guard let messages = row["input"]?["messages"] else { throw .missing("input.messages") }
            return [
                Feedback(
                    kind: .pair, prompt: try messages.messages("input.messages"),
                    chosen: try row.answer("preferred_output"),
                    rejected: try row.answer("non_preferred_output"), source: row.source)
            ]
        })

    /// What another vendor calls by the same name: a conversation that ends with the preferred answer.
    ///
    ///     {"messages": [… assistant], "rejected_response": "…"}
    static let openAIRejectedResponse = RowShape(
        .openAI,
        matches: { $0.has("messages", "rejected_response") },
        read: { row throws(FeedbackRefusal) in
            let messages = try row.required("messages").messages("messages")
            guard let last = messages.last, last.role == "assistant" else {
                throw .wrongType(
                    key: "messages", expected: "a conversation that ends with an answer")
            }
            return [
                Feedback(
                    kind: .pair, prompt: messages.dropLast(), chosen: last.content,
                    rejected: try row.answer("rejected_response"), source: row.source)
            ]
        })
}
