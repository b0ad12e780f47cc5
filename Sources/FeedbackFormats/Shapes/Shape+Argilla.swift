extension RowShape {
    /// A record of Argilla 2 that compares answers:
    ///
    ///     {"fields": {"prompt": …, "response-1": "…", "response-2": "…"},
    ///      "responses": {question: [{"value": "response-2" | [{"value", "rank"}, …], "user_id"}]}}
    ///
    /// Each person's answer is a fact: a label that names one of two answers, or a ranking, of which the
    /// first and the last count. Suggestions are a model's, and are not read.
    static let argilla = RowShape(
        .argilla,
        matches: { $0["fields"]?.object != nil && $0.fields["responses"] != nil },
        read: { row throws(FeedbackRefusal) in
            let record = try ArgillaRecord(row["fields"]?.object ?? [:])
            var facts: [Feedback] = []
            for (_, responses) in (row["responses"]?.object ?? [:]).sorted(by: { $0.key < $1.key })
            {
                for response in responses.array ?? [] {
                    guard let fact = record.fact(response["value"]) else { continue }
                    facts.append(fact)
                }
            }
            guard !facts.isEmpty else { throw .nothingRated }
            return facts
        })
}

private struct ArgillaRecord {
    private static let promptNames = [
        "prompt", "instruction", "question", "input", "messages", "chat",
    ]
    var prompt: [Message]
    var answers: [String: String]

    init(_ fields: [String: JSONValue]) throws(FeedbackRefusal) {
        guard let name = Self.promptNames.first(where: { fields[$0] != nil }) else {
            throw .unknownShape(keys: fields.keys.sorted().map { "fields.\($0)" })
        }
        prompt = try Row(fields: fields).prompt(name)
        answers = fields.filter { $0.key != name }.compactMapValues(\.string)
    }

    /// What a response says, if it compares two of the answers.
    func fact(_ value: JSONValue?) -> Feedback? {
        if let best = value?.string, let chosen = answers[best], answers.count == 2 {
            return fact(.pair, chosen, answers.first { $0.key != best }?.value)
        }
        let ranks = (value?.array ?? []).compactMap { item -> (answer: String, rank: Double)? in
            guard let name = item["value"]?.string, let answer = answers[name],
                let rank = item["rank"]?.number
            else { return nil }
            return (answer, rank)
        }.sorted { $0.rank < $1.rank }
        guard ranks.count >= 2, let best = ranks.first, let worst = ranks.last else { return nil }
        return fact(best.rank == worst.rank ? .tie : .pair, best.answer, worst.answer)
    }

    private func fact(_ kind: Feedback.Kind, _ chosen: String, _ rejected: String?) -> Feedback {
        Feedback(kind: kind, prompt: prompt, chosen: chosen, rejected: rejected)
    }
}
