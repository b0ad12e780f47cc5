import LanguageModel
import Testing

@Suite struct ModelConfigurationTests {
    /// Metadata of a tiny Llama with some keys replaced (or removed by nil).
    static func image(_ changes: [String: GGUFImage.Value?] = [:]) -> GGUFImage {
        let defaults: [(String, GGUFImage.Value)] = [
            ("general.architecture", .string("llama")), ("llama.block_count", .uint32(2)),
            ("llama.context_length", .uint32(64)), ("llama.embedding_length", .uint32(32)),
            ("llama.feed_forward_length", .uint32(64)),
            ("llama.attention.head_count", .uint32(4)),
            ("llama.attention.head_count_kv", .uint32(2)),
        ]
        var image = GGUFImage()
        for (key, value) in defaults {
            if let change = changes[key] {
                if let change { image.add(key, change) }
            } else {
                image.add(key, value)
            }
        }
        for (key, value) in changes where !defaults.contains(where: { $0.0 == key }) {
            if let value { image.add(key, value) }
        }
        image.addTensor(
            "token_embd.weight", type: 8, shape: [32, 3], bytes: [UInt8](repeating: 0, count: 102))
        return image
    }

    @Test func absentValuesHaveTheirDefaults() throws {
        let file = try GGUFFile(
            bytes: Self.image(["llama.attention.head_count_kv": nil]).bytes)
        let configuration = try ModelConfiguration(file: file)
        #expect(configuration.keyValueHeadCount == 4)
        #expect(configuration.headSize == 8 && configuration.ropeDimensionCount == 8)
        #expect(configuration.ropeBase == 10_000 && configuration.rmsEpsilon == 1e-5)
        #expect(configuration.vocabularySize == 3 && configuration.hasTiedEmbedding)
    }

    @Test(arguments: [
        ("general.architecture", GGUFImage.Value.string("mamba")),
        ("general.architecture", .uint32(1)),
        ("llama.block_count", .uint32(513)), ("llama.block_count", .uint32(0)),
        ("llama.block_count", .int32(-1)), ("llama.block_count", .string("30")),
        ("llama.embedding_length", .uint64(.max)), ("llama.embedding_length", .uint32(33)),
        ("llama.attention.head_count", .uint32(0)), ("llama.attention.head_count", .uint32(5)),
        ("llama.attention.head_count", .uint32(32)),
        ("llama.attention.head_count_kv", .uint32(3)),
        ("llama.attention.head_count_kv", .uint32(0)),
        ("llama.attention.key_length", .uint32(16)),
        ("llama.rope.dimension_count", .uint32(10)), ("llama.rope.dimension_count", .uint32(3)),
        ("llama.rope.freq_base", .float32(.nan)), ("llama.rope.freq_base", .float32(-1)),
        ("llama.rope.freq_base", .uint32(10_000)), ("llama.rope.scaling.type", .string("yarn")),
        ("llama.attention.layer_norm_rms_epsilon", .float32(.infinity)),
        ("llama.expert_count", .uint32(8)), ("tokenizer.ggml.tokens", .strings(["a", "b"])),
    ])
    func refuses(key: String, value: GGUFImage.Value) throws {
        let file = try GGUFFile(bytes: Self.image([key: value]).bytes)
        #expect(throws: GGUFError.self) { try ModelConfiguration(file: file) }
    }

    @Test func aWrongShapeNamesTheField() throws {
        let file = try GGUFFile(
            bytes: Self.image(["llama.attention.head_count_kv": .uint32(3)]).bytes)
        #expect(
            throws: GGUFError.unusable(
                field: "llama.attention.head_count_kv", reason: "3 does not divide 4 heads")
        ) { try ModelConfiguration(file: file) }
    }
}
