/// The shape of a Llama-family model, as its GGUF metadata states it.
///
/// - Errors: `GGUFError` for a missing or impossible value, for another architecture, and for
///   features that would silently change the result (RoPE scaling, experts).
public struct ModelConfiguration: Hashable, Codable, Sendable {
    public let architecture: String
    /// L
    public let layerCount: Int
    /// D, the width of the residual stream.
    public let width: Int
    /// H, the number of query heads.
    public let headCount: Int
    /// The number of key and value heads, a divisor of `headCount`.
    public let keyValueHeadCount: Int
    public let headSize: Int
    /// F
    public let feedForwardWidth: Int
    /// V
    public let vocabularySize: Int
    public let ropeBase: Float
    /// How many leading components of each head are rotated.
    public let ropeDimensionCount: Int
    public let rmsEpsilon: Float
    public let contextLength: Int
    /// Whether the output projection is the token embedding.
    public let hasTiedEmbedding: Bool

    /// Sizes beyond any model of the families supported; they keep products far from overflow.
    private static let maximumWidth = 1 << 18
    private static let maximumLayerCount = 512

    public init(file: GGUFFile) throws(GGUFError) {
        let architecture = try file.string("general.architecture")
        guard architecture == "llama" else {
            throw .unusable(
                field: "general.architecture", reason: "\"\(architecture)\" is not \"llama\"")
        }
        try Self.refuseUnsupported(in: file, architecture)
        let widths = 1...Self.maximumWidth
        func int(_ key: String, _ range: ClosedRange<Int>) throws(GGUFError) -> Int {
            try file.int("\(architecture).\(key)", within: range)
        }
        func int(
            _ key: String, _ range: ClosedRange<Int>, default fallback: Int
        ) throws(GGUFError) -> Int {
            file.metadata["\(architecture).\(key)"] == nil ? fallback : try int(key, range)
        }

        self.architecture = architecture
        layerCount = try int("block_count", 1...Self.maximumLayerCount)
        width = try int("embedding_length", widths)
        headCount = try int("attention.head_count", widths)
        keyValueHeadCount = try int("attention.head_count_kv", widths, default: headCount)
        guard headCount.isMultiple(of: keyValueHeadCount) else {
            throw .unusable(
                field: "\(architecture).attention.head_count_kv",
                reason: "\(keyValueHeadCount) does not divide \(headCount) heads")
        }
        headSize = try int("attention.key_length", widths, default: width / headCount)
        guard headSize == width / headCount, width.isMultiple(of: headCount),
            headSize.isMultiple(of: 2)
        else {
            throw .unusable(
                field: "\(architecture).attention.head_count",
                reason: "\(headCount) heads do not divide width \(width) into even sizes")
        }
        feedForwardWidth = try int("feed_forward_length", widths)
        contextLength = try int("context_length", 1...(1 << 30))
        ropeDimensionCount = try int("rope.dimension_count", 2...headSize, default: headSize)
        guard ropeDimensionCount.isMultiple(of: 2) else {
            throw .unusable(
                field: "\(architecture).rope.dimension_count",
                reason: "\(ropeDimensionCount) is odd")
        }
        ropeBase = try file.positive("\(architecture).rope.freq_base", default: 10_000)
        rmsEpsilon = try file.positive(
            "\(architecture).attention.layer_norm_rms_epsilon", default: 1e-5)
        guard let embedding = file.tensor(named: "token_embd.weight") else {
            throw .missing(field: "token_embd.weight")
        }
        guard embedding.shape.count == 2, embedding.shape[0] == width else {
            throw .unusable(
                field: embedding.name, reason: "shape \(embedding.shape) is not [\(width), V]")
        }
        vocabularySize = embedding.shape[1]
        let tokens = "tokenizer.ggml.tokens"
        if let array = file.metadata[tokens]?.array, array.count != vocabularySize {
            throw .unusable(
                field: tokens, reason: "\(array.count) tokens for \(vocabularySize) embeddings")
        }
        hasTiedEmbedding = file.tensor(named: "output.weight") == nil
    }

    private static func refuseUnsupported(
        in file: GGUFFile, _ architecture: String
    ) throws(GGUFError) {
        let scaling = "\(architecture).rope.scaling.type"
        if let type = file.metadata[scaling]?.string, type != "none" {
            throw .unusable(field: scaling, reason: "RoPE scaling \"\(type)\" is not supported")
        }
        if file.tensor(named: "rope_freqs.weight") != nil {
            throw .unusable(
                field: "rope_freqs.weight", reason: "RoPE frequency factors are not supported")
        }
        let experts = "\(architecture).expert_count"
        if let count = file.metadata[experts]?.int, count > 0 {
            throw .unusable(field: experts, reason: "mixtures of experts are not supported")
        }
    }
}
