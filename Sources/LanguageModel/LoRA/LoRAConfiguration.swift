/// A linear layer of a transformer block, named as GGUF names its tensor.
public enum TargetModule: String, Codable, CaseIterable, Hashable, Sendable {
    case query = "attn_q"
    case key = "attn_k"
    case value = "attn_v"
    case output = "attn_output"
    case gate = "ffn_gate"
    case up = "ffn_up"
    case down = "ffn_down"

    /// The module's place among a block's.
    var index: Int {
        switch self {
        case .query: 0
        case .key: 1
        case .value: 2
        case .output: 3
        case .gate: 4
        case .up: 5
        case .down: 6
        }
    }
}

/// What decides the shape and the scale of a low-rank adapter.
///
/// - Formula: `ΔW = (alpha / rank) · B · A`.
/// - Source: Hu et al. 2021, arXiv:2106.09685, section 4.1.
public struct LoRAConfiguration: Codable, Hashable, Sendable {
    public var rank: Int
    public var alpha: Float
    public var targetModules: [TargetModule]

    public init(
        rank: Int = 8, alpha: Float = 16, targetModules: [TargetModule] = TargetModule.allCases
    ) {
        self.rank = rank
        self.alpha = alpha
        self.targetModules = targetModules
    }

    /// The factor on `B · A`.
    public var scale: Float { alpha / Float(rank) }
}
