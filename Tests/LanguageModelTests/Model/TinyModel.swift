import Foundation
import LanguageModel
import Testing

/// A model small enough for double-precision loops, with seeded weights.
struct TinyModel: Sendable, CustomTestStringConvertible {
    var name: String
    var width: Int
    var heads: Int
    var keyValueHeads: Int
    var feedForwardWidth: Int
    var vocabularySize: Int
    var rotated: Int
    var layers = 2
    var contextLength = 200
    /// Matrix types by turns, in GGUF's numbers.
    var types: [UInt32]
    var isTied: Bool
    /// A tensor to leave out.
    var omitted: String?
    /// What the metadata say in place of the true width.
    var statedFeedForwardWidth: Int?

    /// No size is a multiple of a register's width, part of each head is rotated, F32 throughout.
    static let odd = TinyModel(
        name: "odd sizes", width: 24, heads: 4, keyValueHeads: 2, feedForwardWidth: 20,
        vocabularySize: 37, rotated: 4, types: [0], isTied: false)
    /// Quantised matrices of several types, three query heads for a key-value head, tied embedding.
    static let quantised = TinyModel(
        name: "quantised", width: 96, heads: 6, keyValueHeads: 2, feedForwardWidth: 160,
        vocabularySize: 300, rotated: 16, types: [8, 3, 2, 0, 1], isTied: true)

    /// More tokens than are summed up together.
    static let large = TinyModel(
        name: "large vocabulary", width: 24, heads: 4, keyValueHeads: 2, feedForwardWidth: 20,
        vocabularySize: 2600, rotated: 4, types: [0], isTied: false)

    var testDescription: String { name }

    func model() throws -> Transformer {
        try Transformer(file: GGUFFile(bytes: image().bytes))
    }

    func image() throws -> GGUFImage {
        struct Template: Decodable {
            struct Case: Decodable { var template: String }
            var cases: [Case]
        }
        var image = GGUFImage()
        image.add("general.architecture", .string("llama"))
        let counts = [
            "block_count": layers, "embedding_length": width, "attention.head_count": heads,
            "attention.head_count_kv": keyValueHeads,
            "feed_forward_length": statedFeedForwardWidth ?? feedForwardWidth,
            "context_length": contextLength, "rope.dimension_count": rotated,
        ]
        for (key, count) in counts.sorted(by: { $0.key < $1.key }) {
            image.add("llama." + key, .uint32(UInt32(count)))
        }
        image.add("llama.rope.freq_base", .float32(100))
        image.add("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
        let letters = (0..<vocabularySize - 2).map { "t\($0)" }
        image.add("tokenizer.ggml.model", .string("gpt2"))
        image.add("tokenizer.ggml.pre", .string("gpt-2"))
        image.add("tokenizer.ggml.tokens", .strings(letters + ["<|im_start|>", "<|im_end|>"]))
        image.add(
            "tokenizer.ggml.token_type",
            .ints([Int32](repeating: 1, count: letters.count) + [3, 3]))
        image.add("tokenizer.ggml.merges", .strings([]))
        image.add("tokenizer.ggml.eos_token_id", .uint32(UInt32(vocabularySize - 1)))
        image.add(
            "tokenizer.chat_template",
            .string(try Fixture.decode(Template.self, from: "chat.json").cases[0].template))
        addTensors(to: &image)
        return image
    }

    private func addTensors(to image: inout GGUFImage) {
        var generator = SeededGenerator(seed: 99)
        var turn = 0
        func vector(_ name: String) {
            let values = (0..<width).map { _ in Float(0.5 + generator.uniform()) }
            image.addTensor(name, shape: [Int64(width)], bytes: values.flatMap(GGUFImage.float))
        }
        func matrix(_ name: String, _ rows: Int, _ columns: Int) {
            let type = types[turn % types.count]
            turn += 1
            if name == omitted { return }
            image.addTensor(
                name, type: type, shape: [Int64(columns), Int64(rows)],
                bytes: Self.bytes(type, count: rows * columns, &generator))
        }
        let keyValueWidth = width / heads * keyValueHeads
        matrix("token_embd.weight", vocabularySize, width)
        vector("output_norm.weight")
        if !isTied { matrix("output.weight", vocabularySize, width) }
        for layer in 0..<layers {
            let prefix = "blk.\(layer)."
            vector(prefix + "attn_norm.weight")
            vector(prefix + "ffn_norm.weight")
            matrix(prefix + "attn_q.weight", width, width)
            matrix(prefix + "attn_k.weight", keyValueWidth, width)
            matrix(prefix + "attn_v.weight", keyValueWidth, width)
            matrix(prefix + "attn_output.weight", width, width)
            matrix(prefix + "ffn_gate.weight", feedForwardWidth, width)
            matrix(prefix + "ffn_up.weight", feedForwardWidth, width)
            matrix(prefix + "ffn_down.weight", width, feedForwardWidth)
        }
    }

    /// Random blocks of a type whose values lie within about ±0.3.
    private static func bytes(
        _ type: UInt32, count: Int, _ generator: inout SeededGenerator
    ) -> [UInt8] {
        func random(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in UInt8(generator.next() >> 56) }
        }
        func half(_ bits: UInt16) -> [UInt8] { GGUFImage.integer(bits) }
        switch type {
        case 0:
            return (0..<count).flatMap { _ in
                GGUFImage.float(Float(0.6 * generator.uniform() - 0.3))
            }
        case 1:  // binary16: sign, exponent of [0.125, 0.25), random fraction
            return (0..<count).flatMap { _ in
                half(UInt16(generator.next() >> 48) & 0x83FF | 0x3000)
            }
        case 2: return (0..<count / 32).flatMap { _ in half(0x2900) + random(16) }
        case 3: return (0..<count / 32).flatMap { _ in half(0x2900) + half(0xB500) + random(16) }
        case 8: return (0..<count / 32).flatMap { _ in half(0x1900) + random(32) }
        default: preconditionFailure("no random blocks of type \(type)")
        }
    }
}

extension LoRAAdapter {
    /// An adapter whose factors are both random: `A` within ±1/√inputs, `B` within ±`amplitude`.
    ///
    /// `reference_model.py` fills the same from the same seed.
    static func random(
        seed: UInt64, amplitude: Float, rank: Int = 8, model: ModelConfiguration
    ) throws -> LoRAAdapter {
        let configuration = LoRAConfiguration(rank: rank, alpha: 2 * Float(rank))
        let layout = LoRALayout(configuration: configuration, model: model)
        var generator = SeededGenerator(seed: seed)
        func unit() -> Float { Float(generator.next() >> 40) * 0x1p-23 - 1 }
        var parameters: [Float] = []
        for matrix in layout.matrices {
            let scale = 1 / Float(matrix.inputWidth).squareRoot()
            parameters += matrix.aRange.map { _ in unit() * scale }
            parameters += matrix.bRange.map { _ in unit() * amplitude }
        }
        return try LoRAAdapter(configuration: configuration, model: model, parameters: parameters)
    }
}

extension SeededGenerator {
    mutating func tokens(_ count: Int, below bound: Int) -> [TokenID] {
        (0..<count).map { _ in TokenID(below(bound)) }
    }
}
