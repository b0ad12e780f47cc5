/// A prompt with the responses that continue it.
///
/// The prompt is computed once; every response attends to the prompt and to itself alone, at the
/// positions that follow the prompt, as if it stood there by itself.
public struct ResponseGroup: Hashable, Sendable {
    public var prompt: [TokenID]
    /// Each includes its end-of-turn token, if that is to be scored.
    public var responses: [[TokenID]]

    public init(prompt: [TokenID], responses: [[TokenID]]) {
        self.prompt = prompt
        self.responses = responses
    }
}

/// The log-probability of one response given its prompt, in nats.
public struct ResponseLogps: Hashable, Sendable {
    /// The sum over the response's tokens.
    public var sum: Double
    /// One value per response token.
    public var tokens: [Float]

    public init(sum: Double, tokens: [Float]) {
        self.sum = sum
        self.tokens = tokens
    }
}
