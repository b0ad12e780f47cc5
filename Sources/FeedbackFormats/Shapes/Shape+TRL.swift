extension RowShape {
    /// TRL's preference pairs, which OpenRLHF shares:
    ///
    ///     {"prompt": "…", "chosen": "…", "rejected": "…"}
    ///     {"chosen": "The sky is blue.", "rejected": "The sky is green."}        (implicit prompt)
    ///     {"prompt": [messages], "chosen": [messages], "rejected": [messages]}
    ///     {"chosen": [user, assistant], "rejected": [user, assistant]}           (implicit prompt)
    static let trlPair = RowShape(
        .trl,
        matches: { $0.has("chosen") || $0.has("rejected") },
        read: { row throws(FeedbackRefusal) in
            [try row.pair(chosen: "chosen", rejected: "rejected")]
        })

    /// UltraFeedback as binarised for training: TRL's pairs whose sides repeat the prompt.
    ///
    ///     {"prompt": "…", "prompt_id": "…", "chosen": [user, assistant], "rejected": […],
    ///      "messages": […], "score_chosen": 8.5, "score_rejected": 7}
    static let ultraFeedback = RowShape(
        .ultraFeedback,
        matches: { $0.has("chosen", "rejected", "score_chosen", "score_rejected") },
        remembering: trlPair.read)

    /// The four columns (and the prompt) of MetaAPO's reference code; an online pair that only repeats
    /// the offline one, which stands for "none", is not read twice.
    static let metaAPO = RowShape(
        .metaAPO,
        matches: { $0.has("prompt", "chosen", "rejected", "online_chosen", "online_rejected") },
        read: { row throws(FeedbackRefusal) in
            let offline = try row.pair(chosen: "chosen", rejected: "rejected")
            let online = try row.pair(chosen: "online_chosen", rejected: "online_rejected")
            return offline == online ? [offline] : [offline, online]
        })

    /// TRL's rated answers, for KTO: `{"prompt", "completion", "label": true|false}`.
    static let trlUnpaired = RowShape(
        .trlUnpaired,
        matches: { $0.has("prompt", "completion", "label") },
        read: { row throws(FeedbackRefusal) in
            [
                .rating(
                    try row.prompt("prompt"), answer: try row.answer("completion"),
                    liked: try row.flag("label"), source: row.source)
            ]
        })

    /// OpenRLHF's rated answers: `{"input", "output", "label"}`.
    static let openRLHFUnpaired = RowShape(
        .openRLHF,
        matches: { $0.has("input", "output", "label") },
        read: { row throws(FeedbackRefusal) in
            [
                .rating(
                    try row.prompt("input"), answer: try row.answer("output"),
                    liked: try row.flag("label"), source: row.source)
            ]
        })

    /// HH-RLHF: `{"chosen", "rejected"}`, both a whole transcript.
    static let hhRLHF = RowShape(
        .hhRLHF,
        matches: { row in
            guard !row.has("prompt"), let chosen = row["chosen"]?.string,
                let rejected = row["rejected"]?.string
            else { return false }
            return [chosen, rejected].allSatisfy { $0.drop(while: \.isNewline).hasPrefix("Human:") }
        },
        read: { row throws(FeedbackRefusal) in
            let parts = try Transcript.split(try row.text("chosen"), try row.text("rejected"))
            return [
                Feedback(
                    kind: .pair, prompt: parts.prompt, chosen: parts.chosen,
                    rejected: parts.rejected, source: row.source)
            ]
        })
}

extension Row {
    /// A pair whose prompt stands in `prompt`, in both sides, or in both places.
    fileprivate func pair(
        chosen: String, rejected: String
    ) throws(FeedbackRefusal) -> Feedback {
        let sides = (try required(chosen), try required(rejected))
        let prompt = self["prompt"] == nil ? nil : try self.prompt("prompt")
        if let chosenText = sides.0.string, let rejectedText = sides.1.string {
            if let prompt {
                return Feedback(
                    kind: .pair, prompt: prompt, chosen: chosenText, rejected: rejectedText,
                    source: source)
            }
            return try implicitPair(chosenText, rejectedText)
        }
        let best = try Conversation(sides.0, named: chosen)
        let worst = try Conversation(sides.1, named: rejected)
        guard best.context == worst.context else { throw .noCommonPrompt }
        return Feedback(
            kind: .pair, prompt: best.prompt(after: prompt), chosen: best.answer,
            rejected: worst.answer, source: source)
    }

    /// Two texts whose common beginning is the prompt, which ends before a word and keeps no space.
    private func implicitPair(
        _ chosen: String, _ rejected: String
    ) throws(FeedbackRefusal) -> Feedback {
        if chosen == rejected { throw .identicalSides }
        if chosen.hasPrefix(rejected) || rejected.hasPrefix(chosen) { throw .onePrefixOfOther }
        let common = chosen.commonPrefix(with: rejected)
        guard let space = common.lastIndex(where: \.isWhitespace) else { throw .noCommonPrompt }
        let prompt = common[..<space].trimmed
        guard !prompt.isEmpty else { throw .noCommonPrompt }
        let length = common[..<space].count
        return Feedback(
            kind: .pair, prompt: [.user(prompt)], chosen: String(chosen.dropFirst(length)),
            rejected: String(rejected.dropFirst(length)), source: source)
    }
}

/// A side that is a list of messages (or one): the answer, and what stands before it.
private struct Conversation {
    var context: [Message]
    var answer: String

    init(_ value: JSONValue, named key: String) throws(FeedbackRefusal) {
        if let text = value.string {
            (context, answer) = ([], text)
            return
        }
        let messages = value.object == nil ? try value.messages(key) : [try value.message(key)]
        guard let last = messages.last, last.role == "assistant" else {
            throw .wrongType(key: key, expected: "a conversation that ends with an answer")
        }
        (context, answer) = (messages.dropLast(), last.content)
    }

    /// The whole prompt, of which a row may give a part, or all, in `prompt` too.
    func prompt(after prompt: [Message]?) -> [Message] {
        guard let prompt else { return context }
        let repeatsPrompt =
            context.starts(with: prompt)
            || prompt.count == 1 && prompt[0].role == "user" && context.contains(prompt[0])
        return repeatsPrompt ? context : prompt + context
    }
}
