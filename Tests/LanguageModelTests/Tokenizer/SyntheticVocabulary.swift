import LanguageModel

/// A small trained byte-level vocabulary with merges that cross words, and its golden ids.
struct SyntheticVocabulary: Decodable {
    var tokens: [String]
    var merges: [String]
    var control: String
    var userDefined: String
    var lines: [String]
    var hashes: [String: [String]]

    static func load() throws -> SyntheticVocabulary {
        try Fixture.decode(SyntheticVocabulary.self, from: "tokenizer_synthetic.json")
    }

    /// A GGUF file that holds this vocabulary and nothing else; `changes` replace or (nil) remove keys.
    func image(
        preTokenizer: String = "gpt-2", _ changes: [String: GGUFImage.Value?] = [:]
    ) -> GGUFImage {
        let types = [Int32](repeating: 1, count: tokens.count) + [3, 4]
        var keys: [String: GGUFImage.Value] = [
            "tokenizer.ggml.model": .string("gpt2"), "tokenizer.ggml.pre": .string(preTokenizer),
            "tokenizer.ggml.tokens": .strings(tokens + [control, userDefined]),
            "tokenizer.ggml.token_type": .ints(types), "tokenizer.ggml.merges": .strings(merges),
            "tokenizer.ggml.eos_token_id": .uint32(UInt32(tokens.count)),
        ]
        for (key, value) in changes { keys[key] = value }
        var image = GGUFImage()
        for (key, value) in keys.sorted(by: { $0.key < $1.key }) { image.add(key, value) }
        return image
    }

    func tokenizer(preTokenizer: String) throws -> Tokenizer {
        try Tokenizer(file: GGUFFile(bytes: image(preTokenizer: preTokenizer).bytes))
    }
}

extension [TokenID] {
    /// FNV-1a, 64 bits, over the ids as little-endian int32, in hexadecimal.
    var fnv: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for token in self {
            for shift in [0, 8, 16, 24] {
                hash = (hash ^ UInt64(UInt8(truncatingIfNeeded: token >> shift))) &* 0x100_0000_01B3
            }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
