/// The model that an adapter was trained on: which bytes, and the dimensions that fix every adapter
/// tensor's shape.
public struct BaseModel: Codable, Hashable, Sendable {
    /// SHA-256 of the GGUF file; an adapter on any other file of the same shape is silently wrong.
    public var fingerprint: ObjectID
    public var name: String
    public var architecture: String
    public var layerCount: Int
    public var width: Int
    public var headCount: Int
    public var keyValueHeadCount: Int
    public var headSize: Int
    public var feedForwardWidth: Int

    public init(
        fingerprint: ObjectID, name: String, architecture: String, layerCount: Int, width: Int,
        headCount: Int, keyValueHeadCount: Int, headSize: Int, feedForwardWidth: Int
    ) {
        self.fingerprint = fingerprint
        self.name = name
        self.architecture = architecture
        self.layerCount = layerCount
        self.width = width
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headSize = headSize
        self.feedForwardWidth = feedForwardWidth
    }
}

/// A linear layer that can carry an adapter, named as GGUF names its weight.
public enum AdapterTarget: String, Codable, CaseIterable, Hashable, Sendable {
    case query = "attn_q"
    case key = "attn_k"
    case value = "attn_v"
    case output = "attn_output"
    case gate = "ffn_gate"
    case up = "ffn_up"
    case down = "ffn_down"
}

/// The low-rank form of an adapter: `ΔW = (alpha / rank) · B · A`.
public struct AdapterShape: Codable, Hashable, Sendable {
    public var rank: Int
    public var alpha: Double
    /// In the order of ``AdapterTarget``'s cases, each once.
    public var targetModules: [AdapterTarget]

    public init(
        rank: Int, alpha: Double, targetModules: [AdapterTarget] = AdapterTarget.allCases
    ) {
        self.rank = rank
        self.alpha = alpha
        self.targetModules = targetModules
    }
}

extension BaseModel {
    /// Widths of what goes into and comes out of a target's weight.
    func widths(of target: AdapterTarget) -> (input: Int, output: Int) {
        switch target {
        case .query: (width, headCount * headSize)
        case .key, .value: (width, keyValueHeadCount * headSize)
        case .output: (headCount * headSize, width)
        case .gate, .up: (width, feedForwardWidth)
        case .down: (feedForwardWidth, width)
        }
    }
}
