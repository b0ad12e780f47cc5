/// One prompt and how many samples of its continuation are wanted.
///
/// The prompt is computed once for all of them.
public struct GenerationRequest: Hashable, Sendable {
    public var prompt: [TokenID]
    public var sampleCount: Int

    public init(prompt: [TokenID], sampleCount: Int = 1) {
        self.prompt = prompt
        self.sampleCount = sampleCount
    }
}

/// One sampled continuation of a prompt.
public struct Completion: Hashable, Sendable {
    public enum FinishReason: String, Codable, Hashable, Sendable {
        /// The model ended its turn.
        case endOfTurn
        /// The token limit or the model's context was reached.
        case length
    }

    /// The sampled tokens without the one that ended the turn.
    public var tokens: [TokenID]
    public var finishReason: FinishReason

    public init(tokens: [TokenID], finishReason: FinishReason) {
        self.tokens = tokens
        self.finishReason = finishReason
    }
}
