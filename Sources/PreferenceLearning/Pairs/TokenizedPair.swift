package import LanguageModel

/// A pair as the model reads it.
package struct TokenizedPair: Sendable {
    package let id: String
    package let promptKey: String
    package let prompt: [TokenID]
    /// Ends with end-of-turn; empty for a response rated down.
    package let chosen: [TokenID]
    /// Ends with end-of-turn; empty for a response rated up.
    package let rejected: [TokenID]

    package init(_ pair: PairExample, template: ChatTemplate) {
        id = pair.id
        promptKey = pair.promptKey
        prompt = template.promptTokens(pair.prompt)
        chosen = pair.chosen.map(template.responseTokens) ?? []
        rejected = pair.rejected.map(template.responseTokens) ?? []
    }

    package init(
        id: String, promptKey: String, prompt: [TokenID], chosen: [TokenID], rejected: [TokenID]
    ) {
        self.id = id
        self.promptKey = promptKey
        self.prompt = prompt
        self.chosen = chosen
        self.rejected = rejected
    }

    /// Tokens of the prompt with the longer response.
    package var length: Int { prompt.count + max(chosen.count, rejected.count) }

    /// Whether it is a rated response instead of a pair.
    package var isRating: Bool { chosen.isEmpty || rejected.isEmpty }

    /// The responses there are, chosen before rejected.
    package var responses: [[TokenID]] { [chosen, rejected].filter { !$0.isEmpty } }

    package var group: ResponseGroup { ResponseGroup(prompt: prompt, responses: responses) }

    /// Sums of the responses' log-probabilities, given in the group's order; 0 for a side that is not
    /// there, as the margin wants it.
    package func logps(_ scores: some Collection<ResponseLogps>) -> PairLogps {
        precondition(scores.count == responses.count, "every response has a score")
        var sums = scores.map(\.sum)[...]
        let chosenSum = chosen.isEmpty ? 0 : sums.removeFirst()
        let rejectedSum = rejected.isEmpty ? 0 : sums.removeFirst()
        return PairLogps(
            chosen: chosenSum, rejected: rejectedSum, chosenTokens: chosen.count,
            rejectedTokens: rejected.count)
    }
}

extension PairExample {
    /// Names the prompt: equal for equal prompts, whatever the responses.
    public var promptKey: String {
        // Lengths keep "ab" + "c" and "a" + "bc" apart.
        let text = prompt.map {
            "\($0.role.utf8.count):\($0.role)\($0.content.utf8.count):\($0.content)"
        }
        return StableHash.hex(StableHash.of(text.joined()))
    }
}
