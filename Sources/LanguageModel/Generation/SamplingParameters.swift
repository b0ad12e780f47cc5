/// How the next token is drawn from the logits.
///
/// The filters apply in the order of the fields, each to what the one before it left.
public struct SamplingParameters: Codable, Hashable, Sendable {
    /// Divides the logits; 0 takes the most likely token (greedy).
    public var temperature: Float
    /// Keeps the most likely `topK` tokens; 0 keeps all.
    public var topK: Int
    /// Keeps the smallest set of most likely tokens whose probability reaches `topP`; 1 keeps all.
    public var topP: Float
    /// Keeps tokens at least `minP` times as likely as the most likely one; 0 keeps all.
    public var minP: Float
    /// The most tokens a sample may have, its end-of-turn token not counted.
    public var maximumTokens: Int
    public var seed: UInt64

    public init(
        temperature: Float = 1, topK: Int = 0, topP: Float = 1, minP: Float = 0,
        maximumTokens: Int = 256, seed: UInt64 = 0
    ) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.maximumTokens = maximumTokens
        self.seed = seed
    }

    /// Takes the most likely token at every step.
    public static func greedy(maximumTokens: Int) -> SamplingParameters {
        SamplingParameters(temperature: 0, maximumTokens: maximumTokens)
    }

    /// - Throws: `EngineError.samplingParameter` naming the first field outside its range.
    public func validate() throws {
        func check(_ holds: Bool, _ name: String, _ value: some Any, _ allowed: String) throws {
            guard holds else {
                throw EngineError.samplingParameter(
                    name: name, value: "\(value)", allowed: allowed)
            }
        }
        try check(
            temperature >= 0 && temperature.isFinite, "temperature", temperature,
            "0 or a positive number")
        try check(topK >= 0, "topK", topK, "0 or a positive count")
        try check(topP > 0 && topP <= 1, "topP", topP, "above 0 and at most 1")
        try check(minP >= 0 && minP <= 1, "minP", minP, "from 0 to 1")
        try check(maximumTokens >= 0, "maximumTokens", maximumTokens, "0 or a positive count")
    }
}
