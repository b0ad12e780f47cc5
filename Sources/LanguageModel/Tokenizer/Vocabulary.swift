/// The tokens of a byte-level vocabulary: their spelling, their bytes and their kind.
struct Vocabulary: Sendable {
    /// What a token is for, numbered as in the file.
    enum Kind: Int, Sendable {
        case normal = 1
        case unknown, control, userDefined, unused, byte
    }

    let count: Int
    /// Ids by name; of tokens named alike, the last.
    private let ids: [Spelling: TokenID]
    private let kinds: [Kind]
    /// All tokens' bytes, end to end; those of token t begin at `starts[t]`.
    private let bytes: [UInt8]
    private let starts: [Int]

    /// Longer than any real token; a hostile one could make matching it slow.
    private static let maximumTokenLength = 1024
    private static let maximumCount = 1 << 20
    private static let tokensKey = "tokenizer.ggml.tokens"
    private static let typesKey = "tokenizer.ggml.token_type"

    init(file: GGUFFile) throws(GGUFError) {
        let tokens = try file.strings(Self.tokensKey)
        guard (1...Self.maximumCount).contains(tokens.count) else {
            throw .unusable(field: Self.tokensKey, reason: "it has \(tokens.count) tokens")
        }
        let kinds = try Self.kinds(file: file, count: tokens.count)
        var ids: [Spelling: TokenID] = [:]
        ids.reserveCapacity(tokens.count)
        var bytes: [UInt8] = []
        var starts: [Int] = [0]
        starts.reserveCapacity(tokens.count + 1)
        for (index, token) in tokens.enumerated() {
            guard token.utf8.count <= Self.maximumTokenLength else {
                throw .unusable(
                    field: "\(Self.tokensKey)[\(index)]",
                    reason: "a token of \(token.utf8.count) bytes is too long")
            }
            switch kinds[index] {
            case .byte: bytes.append(try Self.byte(spelledBy: token, index))
            case .control, .userDefined: bytes.append(contentsOf: token.utf8)
            case .normal, .unknown, .unused:
                bytes.append(contentsOf: ByteAlphabet.bytes(spelledBy: token) ?? Array(token.utf8))
            }
            ids[Spelling(token)] = TokenID(index)
            starts.append(bytes.count)
        }
        count = tokens.count
        self.ids = ids
        self.kinds = kinds
        self.bytes = bytes
        self.starts = starts
    }

    func token(named name: String) -> TokenID? { ids[Spelling(name)] }

    func contains(_ token: TokenID) -> Bool { token >= 0 && Int(token) < count }

    /// - Precondition: the vocabulary contains the token.
    func bytes(of token: TokenID) -> ArraySlice<UInt8> {
        bytes[starts[Int(token)]..<starts[Int(token) + 1]]
    }

    /// - Precondition: the vocabulary contains the token.
    func kind(of token: TokenID) -> Kind { kinds[Int(token)] }

    /// The tokens of one kind, in order.
    func tokens(of kind: Kind) -> [TokenID] {
        kinds.indices.filter { kinds[$0] == kind }.map(TokenID.init)
    }

    private static func kinds(file: GGUFFile, count: Int) throws(GGUFError) -> [Kind] {
        guard file.metadata[typesKey] != nil else {
            return [Kind](repeating: .normal, count: count)
        }
        let raw = try file.ints(typesKey)
        guard raw.count == count else {
            throw .unusable(
                field: typesKey, reason: "it has \(raw.count) entries for \(count) tokens")
        }
        let kinds = raw.compactMap(Kind.init(rawValue:))
        guard kinds.count == count else {
            throw .unusable(field: typesKey, reason: "it holds a type that is not from 1 to 6")
        }
        return kinds
    }

    /// The byte that a token such as `<0x0A>` stands for.
    private static func byte(spelledBy token: String, _ index: Int) throws(GGUFError) -> UInt8 {
        let digits = token.dropFirst(3).dropLast()
        guard token.hasPrefix("<0x"), token.hasSuffix(">"), digits.count == 2,
            digits.allSatisfy(\.isHexDigit), let byte = UInt8(digits, radix: 16)
        else {
            throw .unusable(
                field: "\(tokensKey)[\(index)]",
                reason: "byte token \"\(token)\" is not <0x00> to <0xFF>")
        }
        return byte
    }
}
