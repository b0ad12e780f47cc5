/// A language model of the Llama family with frozen, quantised weights.
///
/// Blocks of RMSNorm, grouped-query attention with rotary positions and a SwiGLU feed-forward
/// layer. It holds weights only; a `ComputeContext` does the arithmetic.
///
/// - Rotary layout: interleaved, elements `2i` and `2i + 1` of a head form a pair. The rows of
///   query and key matrices are in this order in GGUF files, permuted against Hugging Face's
///   half-split order.
/// - Source: Touvron et al. 2023, arXiv:2302.13971.
/// - Golden: `Fixtures/logits.json`, made by `Tools/golden/logits.py`.
public final class Transformer: Sendable {
    public let configuration: ModelConfiguration
    public let tokenizer: Tokenizer
    public let chatTemplate: ChatTemplate

    let file: GGUFFile
    let blocks: [TransformerBlock]
    /// `[vocabularySize, width]`; row = token.
    let embedding: WeightMatrix
    /// `[vocabularySize, width]`; the embedding itself when they are tied.
    let head: WeightMatrix
    /// `[width]`
    let outputNorm: [Float]

    /// Takes the weights of a mapped file; norms are copied, and matrices that have integer
    /// kernels get a packed copy.
    ///
    /// - Throws: `GGUFError` for metadata that is missing or impossible, `EngineError` for tensors
    ///   that are missing or do not have the shape the metadata says.
    public init(file: GGUFFile) throws {
        let configuration = try ModelConfiguration(file: file)
        tokenizer = try Tokenizer(file: file)
        guard tokenizer.vocabularySize <= configuration.vocabularySize else {
            throw EngineError.vocabularyTooLarge(
                tokens: tokenizer.vocabularySize, rows: configuration.vocabularySize)
        }
        chatTemplate = try ChatTemplate(file: file, tokenizer: tokenizer)
        let arena = PackingArena()
        blocks = try (0..<configuration.layerCount).map {
            try TransformerBlock(
                file: file, layer: $0, configuration: configuration, packingIn: arena)
        }
        embedding = try WeightMatrix(
            file: file, name: "token_embd.weight", rows: configuration.vocabularySize,
            columns: configuration.width,
            packingIn: configuration.hasTiedEmbedding ? arena : nil)
        head =
            configuration.hasTiedEmbedding
            ? embedding
            : try WeightMatrix(
                file: file, name: "output.weight", rows: configuration.vocabularySize,
                columns: configuration.width, packingIn: arena)
        outputNorm = try file.vector("output_norm.weight", count: configuration.width)
        // Packing read all of it; only some of it is read again.
        file.releasePages()
        arena.useHugePages()
        self.file = file
        self.configuration = configuration
    }
}
