extension RowShape {
    /// A vote in FastChat's arena log. The voter's address is not read.
    ///
    ///     {"type": "leftvote|rightvote|tievote|bothbad_vote", "models": […], "states": [a, b]}
    ///
    /// A state holds `messages` as `[role, text]`, of which the first `offset` are the template's, the names
    /// of its two `roles`, and a system message. Both bad is two answers disliked.
    static let fastChat = RowShape(
        .fastChat,
        matches: { row in
            row["type"]?.string.map { $0.hasSuffix("vote") } == true && row["states"]?.array != nil
        },
        read: { row throws(FeedbackRefusal) in
            let states = row["states"]?.array ?? []
            guard states.count == 2 else { throw .wrongType(key: "states", expected: "two states") }
            let (left, right) = (try ArenaState(states[0]), try ArenaState(states[1]))
            guard left.prompt == right.prompt else { throw .noCommonPrompt }
            func fact(_ kind: Feedback.Kind, _ chosen: String?, _ rejected: String?) -> Feedback {
                Feedback(
                    kind: kind, prompt: left.prompt, chosen: chosen, rejected: rejected,
                    source: row.source)
            }
            switch try row.text("type") {
            case "leftvote": return [fact(.pair, left.answer, right.answer)]
            case "rightvote": return [fact(.pair, right.answer, left.answer)]
            case "tievote": return [fact(.tie, left.answer, right.answer)]
            case "bothbad_vote":
                return [fact(.rating, nil, left.answer), fact(.rating, nil, right.answer)]
            default: throw .wrongType(key: "type", expected: "a vote between two answers")
            }
        })
}

private struct ArenaState {
    var prompt: [Message]
    var answer: String

    init(_ state: JSONValue) throws(FeedbackRefusal) {
        let assistant = state["roles"]?.array?.last?.string ?? "ASSISTANT"
        var turns: [Message] = []
        let offset = Int(exactly: state["offset"]?.number ?? 0) ?? 0
        for turn in (state["messages"]?.array ?? []).dropFirst(max(0, offset)) {
            guard let pair = turn.array, pair.count >= 2, let role = pair[0].string else {
                throw .wrongType(key: "states.messages", expected: "a list of [role, text]")
            }
            guard let content = pair[1].string else { throw .notText("a message in `states`") }
            turns.append(role == assistant ? .assistant(content) : .user(content))
        }
        guard let last = turns.last, last.role == "assistant" else {
            throw .wrongType(key: "states", expected: "conversations that end with an answer")
        }
        let system = (state["system_message"] ?? state["system"])?.string ?? ""
        prompt = (system.isEmpty ? [] : [.system(system)]) + turns.dropLast()
        answer = last.content
    }
}
