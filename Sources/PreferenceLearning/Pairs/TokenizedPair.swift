package import LanguageModel

/// A pair as the model reads it.
package struct TokenizedPair: Sendable {
    package let id: String
    package let promptKey: String
    package let prompt: [TokenID]
    /// Ends with end-of-turn.
    package let chosen: [TokenID]
    /// Ends with end-of-turn.
    package let rejected: [TokenID]

    package init(_ pair: PairExample, template: ChatTemplate) {
        id = pair.id
        promptKey = pair.promptKey
        prompt = template.promptTokens(pair.prompt)
        chosen = template.responseTokens(pair.chosen)
        rejected = template.responseTokens(pair.rejected)
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

    package var group: ResponseGroup {
        ResponseGroup(prompt: prompt, responses: [chosen, rejected])
    }

    /// Sums of the two responses' log-probabilities, given in the group's order.
    package func logps(_ scores: some Collection<ResponseLogps>) -> PairLogps {
        precondition(scores.count == 2, "a pair has two responses")
        let first = scores.startIndex
        return PairLogps(
            chosen: scores[first].sum, rejected: scores[scores.index(after: first)].sum,
            chosenTokens: chosen.count, rejectedTokens: rejected.count)
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
