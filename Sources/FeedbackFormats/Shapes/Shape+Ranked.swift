extension RowShape {
    /// Several answers to one prompt in an order, or with scores:
    ///
    ///     {"prompt": "…", "ranked": ["best", …, "worst"]}
    ///     {"prompt": "…", "answers": [{"answer": "…", "rank": 1}, …]}                    (Nectar)
    ///     {"instruction": "…", "completions": [{"response": "…", "overall_score": 8}, …]} (UltraFeedback)
    ///
    /// The best answer over the worst makes one pair, as MetaAPO makes of candidates: a prompt with many
    /// answers would otherwise count many times, and neighbours in a ranking are the least certain. The
    /// same rank or score at both ends is a tie.
    static let ranked = RowShape(
        .ranked,
        matches: { row in
            ["ranked", "answers", "completions"].contains { row[$0]?.array != nil }
        },
        read: { row throws(FeedbackRefusal) in
            let answers = try row.rankedAnswers()
            guard let best = answers.max(by: { $0.score < $1.score }),
                let worst = answers.min(by: { $0.score < $1.score }), answers.count >= 2
            else { throw .nothingRated }
            let isTie = best.score == worst.score
            return [
                Feedback(
                    kind: isTie ? .tie : .pair,
                    prompt: try row.prompt(row.has("prompt") ? "prompt" : "instruction"),
                    chosen: isTie ? answers[0].text : best.text,
                    rejected: isTie ? answers[1].text : worst.text, source: row.source)
            ]
        })
}

extension Row {
    /// Answers with a score, higher is better; those without one are left out.
    fileprivate func rankedAnswers() throws(FeedbackRefusal) -> [(text: String, score: Double)] {
        if let list = self["ranked"]?.array {
            var answers: [(text: String, score: Double)] = []
            for (place, value) in list.enumerated() {
                guard let text = value.string else {
                    throw .wrongType(key: "ranked", expected: "a list of texts, the best first")
                }
                answers.append((text, -Double(place)))
            }
            return answers
        }
        if let list = self["answers"]?.array {
            return list.compactMap { value in
                guard let text = value["answer"]?.string, let rank = value["rank"]?.number else {
                    return nil
                }
                return (text, -rank)
            }
        }
        return (self["completions"]?.array ?? []).compactMap { value in
            guard let text = value["response"]?.string, let score = value["overall_score"]?.number
            else { return nil }
            return (text, score)
        }
    }
}
