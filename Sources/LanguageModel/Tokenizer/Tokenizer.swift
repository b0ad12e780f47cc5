/// Turns text into the token ids of a byte-level BPE vocabulary, and back.
///
/// Ids equal those of the tokenizer that Hugging Face's transformers makes of the same GGUF file
/// (`AutoTokenizer.from_pretrained(directory, gguf_file: name)`), without added special tokens.
///
/// Text is cut into words (`PreTokenizer`), and the UTF-8 bytes of each word are merged by rank
/// (`BytePairEncoder`). Encoding n bytes takes O(n log n) time and O(n) memory for every text, however
/// hostile: no step is repeated per prefix, and merging uses a heap.
///
/// - Edge cases: a byte that the vocabulary has no token for is dropped. SmolLM2's lacks the
///   control characters U+0004, 06, 13, 14, 16 and 1D and the lead bytes of the planes from 4 on;
///   apart from these, decoding gives back the text that was encoded.
/// - Golden: `Fixtures/tokenizer_smollm2.jsonl`, made by `Tools/golden/tokenizer.py`.
public struct Tokenizer: Sendable {
    /// The token that closes a turn of conversation, and so an answer.
    public let endOfTurn: TokenID
    /// The token that closes a document in pretraining, where the vocabulary has one.
    public let endOfText: TokenID?
    /// The token the file asks to put before every text; nil if it asks for none.
    public let beginningOfText: TokenID?
    public let preTokenizer: PreTokenizer
    private let vocabulary: Vocabulary
    private let encoder: BytePairEncoder
    /// Tokens found whole in any text, and those found only where special tokens are parsed.
    private let plainTokens: TokenTrie
    private let allTokens: TokenTrie

    /// Makes the tokenizer a model file describes.
    ///
    /// - Parameter preTokenizer: overrides the file's; see `PreTokenizer.transformersChoice(for:)`.
    public init(file: GGUFFile, preTokenizer: PreTokenizer? = nil) throws(GGUFError) {
        let model = try file.string("tokenizer.ggml.model")
        guard model == "gpt2" else {
            throw .unusable(
                field: "tokenizer.ggml.model",
                reason: "\"\(model)\" is not \"gpt2\", byte-level BPE")
        }
        self.preTokenizer =
            if let preTokenizer { preTokenizer } else { try Self.preTokenizer(of: file) }
        let vocabulary = try Vocabulary(file: file)
        self.vocabulary = vocabulary
        encoder = try BytePairEncoder(file: file, vocabulary: vocabulary)
        (plainTokens, allTokens) = Self.tries(vocabulary)

        func special(_ name: String) throws(GGUFError) -> TokenID? {
            let key = "tokenizer.ggml.\(name)_token_id"
            guard file.metadata[key] != nil else { return nil }
            return TokenID(try file.int(key, within: 0...vocabulary.count - 1))
        }
        func control(_ name: String) -> TokenID? {
            vocabulary.token(named: name).flatMap {
                vocabulary.kind(of: $0) == .control ? $0 : nil
            }
        }
        let (end, named) = (try special("eos"), try special("eot"))
        guard let endOfTurn = named ?? control("<|im_end|>") ?? end else {
            throw .missing(field: "tokenizer.ggml.eos_token_id")
        }
        self.endOfTurn = endOfTurn
        endOfText = control("<|endoftext|>") ?? (end == endOfTurn ? nil : end)
        let addsBeginning = file.metadata["tokenizer.ggml.add_bos_token"]?.bool ?? false
        beginningOfText = addsBeginning ? try special("bos") : nil
    }

    public var vocabularySize: Int { vocabulary.count }

    public func token(named name: String) -> TokenID? { vocabulary.token(named: name) }

    /// Whether the token steers the model and stands for no text (`<|im_end|>`); false for unknown ids.
    public func isControl(_ token: TokenID) -> Bool {
        vocabulary.contains(token) && vocabulary.kind(of: token) == .control
    }

    /// The bytes of a token, which need not be whole characters; a control token's are its name.
    ///
    /// - Edge cases: none for an id outside the vocabulary.
    public func bytes(of token: TokenID) -> [UInt8] {
        vocabulary.contains(token) ? Array(vocabulary.bytes(of: token)) : []
    }

    /// The text of tokens; what is not UTF-8 becomes U+FFFD.
    public func decode(_ tokens: [TokenID]) -> String {
        var bytes: [UInt8] = []
        for token in tokens where vocabulary.contains(token) {
            bytes.append(contentsOf: vocabulary.bytes(of: token))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The tokens of a text, with nothing added before or after.
    ///
    /// - Parameter parsingSpecialTokens: whether the name of a control token in the text means that
    ///   token. Leave it off for everything a person or a model wrote.
    public func encode(_ text: String, parsingSpecialTokens: Bool = false) -> [TokenID] {
        var text = text
        let whole = parsingSpecialTokens ? allTokens : plainTokens
        return text.withUTF8 { encode($0, whole: whole) }
    }
}

extension Tokenizer {
    private func encode(_ bytes: UnsafeBufferPointer<UInt8>, whole: TokenTrie) -> [TokenID] {
        var result: [TokenID] = []
        result.reserveCapacity(bytes.count / 3)
        var workspace = BytePairEncoder.Workspace()
        func encodeWords(_ range: Range<Int>) {
            preTokenizer.forEachWord(of: bytes, in: range) { word in
                encoder.encode(bytes[word], using: &workspace, into: &result)
            }
        }
        var (start, position) = (0, whole.isEmpty ? bytes.count : 0)
        while position < bytes.count {
            guard let match = whole.longestMatch(in: bytes, at: position) else {
                position += 1
                continue
            }
            encodeWords(start..<position)
            result.append(match.token)
            (start, position) = (match.end, match.end)
        }
        encodeWords(start..<bytes.count)
        return result
    }

    private static func preTokenizer(of file: GGUFFile) throws(GGUFError) -> PreTokenizer {
        let name = try file.string("tokenizer.ggml.pre")
        guard let choice = PreTokenizer.transformersChoice(for: name) else {
            throw .unusable(
                field: "tokenizer.ggml.pre", reason: "pre-tokenizer \"\(name)\" is not supported")
        }
        return choice
    }

    /// User-defined tokens are found in every text, control tokens only on request.
    ///
    /// A control token spelled outside the byte alphabet is a mislabelled one and is never found,
    /// as in transformers.
    private static func tries(_ vocabulary: Vocabulary) -> (plain: TokenTrie, all: TokenTrie) {
        var plain = TokenTrie()
        for token in vocabulary.tokens(of: .userDefined) {
            plain.insert(token, bytes: vocabulary.bytes(of: token))
        }
        var all = plain
        for token in vocabulary.tokens(of: .control) {
            let name = vocabulary.bytes(of: token)
            guard ByteAlphabet.bytes(spelledBy: String(decoding: name, as: UTF8.self)) != nil else {
                continue
            }
            all.insert(token, bytes: name)
        }
        return (plain, all)
    }
}
