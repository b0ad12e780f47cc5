import LanguageModel
import Testing

@Suite struct TokenizerTests {
    private static let shared = Result { try SyntheticVocabulary.load() }
    private let golden: SyntheticVocabulary

    init() throws { golden = try Self.shared.get() }

    @Test(arguments: [
        ("gpt-2", PreTokenizer.gpt2), ("smollm", .gpt2), ("llama-bpe", .llamaBPE),
        ("qwen2", .qwen2),
    ])
    func theFileNamesThePreTokenizer(name: String, expected: PreTokenizer) throws {
        #expect(try golden.tokenizer(preTokenizer: name).preTokenizer == expected)
    }

    @Test func controlTokensInTextStayTextUnlessAsked() throws {
        let tokenizer = try golden.tokenizer(preTokenizer: "gpt-2")
        let control = try #require(tokenizer.token(named: golden.control))
        let text = "a\(golden.control)b"
        #expect(!tokenizer.encode(text).contains(control))
        #expect(tokenizer.decode(tokenizer.encode(text)) == text)
        #expect(tokenizer.encode(text, parsingSpecialTokens: true).contains(control))
        #expect(tokenizer.isControl(control) && !tokenizer.isControl(0))
    }

    @Test func userDefinedTokensAreAlwaysFoundWhole() throws {
        let tokenizer = try golden.tokenizer(preTokenizer: "gpt-2")
        let token = try #require(tokenizer.token(named: golden.userDefined))
        #expect(tokenizer.encode(golden.userDefined) == [token])
        #expect(!tokenizer.isControl(token))
    }

    @Test func specialTokensComeFromTheFile() throws {
        let tokenizer = try golden.tokenizer(preTokenizer: "gpt-2")
        #expect(tokenizer.endOfTurn == tokenizer.token(named: "<|im_end|>"))
        #expect(tokenizer.endOfText == nil && tokenizer.beginningOfText == nil)
        let image = golden.image([
            "tokenizer.ggml.bos_token_id": .uint32(7), "tokenizer.ggml.add_bos_token": .bool(true),
            "tokenizer.ggml.eos_token_id": .uint32(9),
        ])
        let other = try Tokenizer(file: GGUFFile(bytes: image.bytes))
        #expect(other.endOfTurn == tokenizer.endOfTurn)
        #expect(other.endOfText == 9 && other.beginningOfText == 7)
    }

    @Test func theRealModelHasItsSpecialTokens() throws {
        let tokenizer = try Tokenizer(file: SmolLM2.file())
        #expect(tokenizer.vocabularySize == 49_152)
        #expect(tokenizer.endOfTurn == 2 && tokenizer.endOfText == 0)
        #expect(tokenizer.beginningOfText == nil && tokenizer.isControl(2))
    }

    @Test func idsOutsideTheVocabularyAreNoText() throws {
        let tokenizer = try golden.tokenizer(preTokenizer: "gpt-2")
        for token: TokenID in [-1, TokenID(tokenizer.vocabularySize), .max, .min] {
            #expect(tokenizer.bytes(of: token).isEmpty)
            #expect(!tokenizer.isControl(token))
            #expect(tokenizer.decode([token]).isEmpty)
        }
    }

    @Test func tokensAreNamedByteForByte() throws {
        var spelled = golden
        // The same letter, composed and decomposed: equal as strings, different as tokens.
        spelled.tokens += ["\u{C5}ngstro\u{308}m", "\u{C5}ngstr\u{F6}m"]
        let tokenizer = try spelled.tokenizer(preTokenizer: "gpt-2")
        let count = TokenID(golden.tokens.count)
        #expect(tokenizer.token(named: "\u{C5}ngstro\u{308}m") == count)
        #expect(tokenizer.token(named: "\u{C5}ngstr\u{F6}m") == count + 1)
    }

    @Test func nothingIsEncodedAsNothing() throws {
        let tokenizer = try golden.tokenizer(preTokenizer: "llama-bpe")
        #expect(tokenizer.encode("").isEmpty && tokenizer.decode([]).isEmpty)
    }

    /// A quadratic step would take many minutes for these; the bound leaves room for a busy machine.
    @Test(
        arguments: PreTokenizer.allCases,
        ["a", " ", "\n", " \n", "1", "<|im_", "\u{301}", "'"])
    func aMegabyteOfOnePatternTakesLittleTime(
        preTokenizer: PreTokenizer, pattern: String
    ) throws {
        let tokenizer = try Tokenizer(
            file: GGUFFile(bytes: golden.image().bytes), preTokenizer: preTokenizer)
        let text = String(repeating: pattern, count: (1 << 20) / pattern.utf8.count)
        var tokens: [TokenID] = []
        let elapsed = ContinuousClock().measure {
            tokens = tokenizer.encode(text, parsingSpecialTokens: true)
        }
        #expect(elapsed < .seconds(30))
        #expect(tokenizer.decode(tokens).utf8.elementsEqual(text.utf8))
    }

    @Test(arguments: [
        ("tokenizer.ggml.model", GGUFImage.Value?.some(.string("llama"))),
        ("tokenizer.ggml.model", nil), ("tokenizer.ggml.pre", nil),
        ("tokenizer.ggml.pre", .string("tekken")), ("tokenizer.ggml.tokens", nil),
        ("tokenizer.ggml.tokens", .strings([])), ("tokenizer.ggml.tokens", .ints([1])),
        ("tokenizer.ggml.token_type", .ints([1])), ("tokenizer.ggml.token_type", .floats([1])),
        ("tokenizer.ggml.merges", nil), ("tokenizer.ggml.merges", .strings(["ab"])),
        ("tokenizer.ggml.merges", .strings(["a b c"])), ("tokenizer.ggml.merges", .strings([""])),
        ("tokenizer.ggml.merges", .strings(["\u{3000} a"])),
        ("tokenizer.ggml.eos_token_id", .uint32(.max)), ("tokenizer.ggml.eos_token_id", .int32(-1)),
    ])
    func refusesABadVocabulary(key: String, value: GGUFImage.Value?) throws {
        let file = try GGUFFile(bytes: golden.image([key: value]).bytes)
        #expect(throws: GGUFError.self) { try Tokenizer(file: file) }
    }

    @Test(arguments: ["<0x-1>", "<0x+1>", "<0x1>", "<0x100>", "<0xZZ>", "0x10", ""])
    func refusesABadByteToken(name: String) throws {
        var spoiled = golden
        spoiled.tokens.append(name)
        let types = [Int32](repeating: 1, count: golden.tokens.count) + [6, 3, 4]
        let image = spoiled.image(["tokenizer.ggml.token_type": .ints(types)])
        let file = try GGUFFile(bytes: image.bytes)
        let field = "tokenizer.ggml.tokens[\(golden.tokens.count)]"
        #expect(
            throws: GGUFError.unusable(
                field: field, reason: "byte token \"\(name)\" is not <0x00> to <0xFF>")
        ) { try Tokenizer(file: file) }
    }

    @Test func refusesAnOversizeToken() throws {
        var spoiled = golden
        spoiled.tokens.append(String(repeating: "x", count: 1025))
        let file = try GGUFFile(bytes: spoiled.image().bytes)
        #expect(throws: GGUFError.self) { try Tokenizer(file: file) }
    }
}
