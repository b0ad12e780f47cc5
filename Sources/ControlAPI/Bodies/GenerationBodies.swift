public import FeedbackFormats

/// Prompts to answer, all with the same settings.
///
/// What is left out: one sample, temperature 1, no top-k, top-p or min-p, 256 tokens, a seed of the daemon's choice.
public struct GenerationOrder: JSONBody, Hashable {
    /// The conversations to go on with; each ends with a user's turn.
    public var prompts: [[Message]]
    /// Answers to each prompt.
    public var samples: Int?
    /// Take the likeliest token every time; then sampling settings do not matter.
    public var greedy: Bool?
    /// A sample depends only on the seed, the prompt's index and the sample's index.
    public var seed: UInt64?
    public var maximumTokens: Int?
    public var temperature: Float?
    public var topK: Int?
    public var topP: Float?
    public var minP: Float?
    /// A checkpoint's id or unique prefix, `head`, or `base` for the bare model; the head unless said.
    public var checkpoint: String?
    /// Send pieces of text as they arise, before each whole completion. False unless said.
    public var stream: Bool?

    public init(
        prompts: [[Message]], samples: Int? = nil, greedy: Bool? = nil, seed: UInt64? = nil,
        maximumTokens: Int? = nil, temperature: Float? = nil, topK: Int? = nil,
        topP: Float? = nil, minP: Float? = nil, checkpoint: String? = nil, stream: Bool? = nil
    ) {
        self.prompts = prompts
        self.samples = samples
        self.greedy = greedy
        self.seed = seed
        self.maximumTokens = maximumTokens
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.checkpoint = checkpoint
        self.stream = stream
    }
}

/// Text that was generated: a piece of it, or in the end all of it.
public struct GenerationPiece: Codable, Hashable, Sendable {
    public enum FinishReason: String, Codable, CaseIterable, Sendable {
        case endOfTurn, length
    }

    /// The whole answer.
    public struct Completion: Codable, Hashable, Sendable {
        public var text: String
        /// How many tokens it took, the end of turn not counted.
        public var tokens: Int
        public var finishReason: FinishReason

        public init(text: String, tokens: Int, finishReason: FinishReason) {
            self.text = text
            self.tokens = tokens
            self.finishReason = finishReason
        }
    }

    /// The index of the prompt, and of its sample.
    public var prompt: Int
    public var sample: Int
    /// The next characters, always whole ones.
    public var delta: String?
    public var completion: Completion?

    public init(prompt: Int, sample: Int, delta: String) {
        self.prompt = prompt
        self.sample = sample
        self.delta = delta
    }

    public init(prompt: Int, sample: Int, completion: Completion) {
        self.prompt = prompt
        self.sample = sample
        self.completion = completion
    }
}
