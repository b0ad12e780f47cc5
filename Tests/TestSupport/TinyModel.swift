package import CheckpointStore
package import Foundation
package import LanguageModel

/// A random model of two layers and 98 tokens, so that whole rounds take milliseconds.
///
/// It reads and writes printable ASCII. The first component of every embedding is large and the
/// output's end-of-turn row weighs it, so that a good share of the answers ends by itself.
package enum TinyModel {
    /// What checkpoints for it say of it.
    package static let base = BaseModel(
        fingerprint: ObjectID(hashing: gguf()), name: "tiny", architecture: "llama",
        layerCount: layerCount, width: width, headCount: headCount,
        keyValueHeadCount: keyValueHeadCount, headSize: width / headCount,
        feedForwardWidth: feedForwardWidth)

    package static func load() throws -> Transformer {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "attune-tiny-\(UUID().uuidString).gguf")
        try gguf().write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try Transformer(file: GGUFFile(path: url.path))
    }

    private static let width = 32
    private static let headCount = 4
    private static let keyValueHeadCount = 2
    private static let keyValueWidth = width / headCount * keyValueHeadCount
    private static let feedForwardWidth = 64
    private static let layerCount = 2
    private static let endOfTurn = 2

    /// ChatML's markers, then the line break, the space and the other characters as byte-level BPE
    /// spells them.
    private static let tokens =
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "\u{10A}", "\u{120}"]
        + (33...126).map { String(UnicodeScalar(UInt8($0))) } + ["in"]

    private static let template =
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + "
        + "message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

    /// The file.
    package static func gguf() -> Data {
        var file = GGUFBytes()
        file.add("general.architecture", string: "llama")
        file.add("llama.block_count", integer: layerCount)
        file.add("llama.context_length", integer: 256)
        file.add("llama.embedding_length", integer: width)
        file.add("llama.feed_forward_length", integer: feedForwardWidth)
        file.add("llama.attention.head_count", integer: headCount)
        file.add("llama.attention.head_count_kv", integer: keyValueHeadCount)
        file.add("tokenizer.ggml.model", string: "gpt2")
        file.add("tokenizer.ggml.pre", string: "smollm")
        file.add("tokenizer.ggml.tokens", strings: tokens)
        file.add(
            "tokenizer.ggml.token_type", integers: tokens.indices.map { $0 <= endOfTurn ? 3 : 1 })
        file.add("tokenizer.ggml.merges", strings: ["i n"])
        file.add("tokenizer.ggml.eos_token_id", integer: endOfTurn)
        file.add("tokenizer.chat_template", string: template)

        var generator = SeededGenerator(seed: 2026)
        func random(_ count: Int, _ scale: Float) -> [Float] {
            (0..<count).map { _ in scale * Float(2 * generator.uniform() - 1) }
        }
        func addMatrix(_ name: String, _ columns: Int, _ rows: Int) {
            file.add(
                name, shape: [columns, rows],
                values: random(columns * rows, 1.7 / Float(columns).squareRoot()))
        }
        var embedding = random(width * tokens.count, 1)
        var output = random(width * tokens.count, 0.4)
        for token in tokens.indices {
            embedding[token * width] = 2
            output[token * width] = token == endOfTurn ? 1.2 : 0
        }
        let ones = [Float](repeating: 1, count: width)
        file.add("token_embd.weight", shape: [width, tokens.count], values: embedding)
        file.add("output.weight", shape: [width, tokens.count], values: output)
        file.add("output_norm.weight", shape: [width], values: ones)
        for layer in 0..<layerCount {
            let block = "blk.\(layer)."
            file.add(block + "attn_norm.weight", shape: [width], values: ones)
            file.add(block + "ffn_norm.weight", shape: [width], values: ones)
            addMatrix(block + "attn_q.weight", width, width)
            addMatrix(block + "attn_k.weight", width, keyValueWidth)
            addMatrix(block + "attn_v.weight", width, keyValueWidth)
            addMatrix(block + "attn_output.weight", width, width)
            addMatrix(block + "ffn_gate.weight", width, feedForwardWidth)
            addMatrix(block + "ffn_up.weight", width, feedForwardWidth)
            addMatrix(block + "ffn_down.weight", feedForwardWidth, width)
        }
        return file.data
    }
}
