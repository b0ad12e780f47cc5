/// Merges the bytes of a word into tokens, the pair of the lowest rank first, the leftmost of equals.
///
/// - Source: Sennrich et al. 2016, arXiv:1508.07909; byte level as in GPT-2.
struct BytePairEncoder: Sendable {
    /// The token of each byte; -1 for a byte the vocabulary has no token for.
    private let byteTokens: [TokenID]
    private let merges: [UInt64: Merge]

    fileprivate struct Merge: Sendable {
        var rank: UInt32
        var token: TokenID
    }

    private static let mergesKey = "tokenizer.ggml.merges"

    init(file: GGUFFile, vocabulary: Vocabulary) throws(GGUFError) {
        byteTokens = ByteAlphabet.scalars.map { vocabulary.token(named: String($0)) ?? -1 }
        let lines = try file.strings(Self.mergesKey)
        var merges: [UInt64: Merge] = [:]
        merges.reserveCapacity(lines.count)
        for (rank, line) in lines.enumerated() {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 2, let left = vocabulary.token(named: String(parts[0])),
                let right = vocabulary.token(named: String(parts[1])),
                let merged = vocabulary.token(named: String(parts[0]) + parts[1])
            else {
                throw .unusable(
                    field: "\(Self.mergesKey)[\(rank)]",
                    reason: "\"\(line)\" is not a pair of tokens that make a third")
            }
            merges[Self.key(left, right)] = Merge(rank: UInt32(rank), token: merged)
        }
        self.merges = merges
    }

    private static func key(_ left: TokenID, _ right: TokenID) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    fileprivate func merge(_ left: TokenID, _ right: TokenID) -> Merge? {
        merges[Self.key(left, right)]
    }

    /// Appends the tokens of a word; bytes without a token vanish, as in Hugging Face's tokenizers.
    ///
    /// - Complexity: O(n log n) in the length of the word. `workspace` is reused between words.
    func encode(
        _ word: Slice<UnsafeBufferPointer<UInt8>>, using workspace: inout Workspace,
        into tokens: inout [TokenID]
    ) {
        workspace.start(with: word.lazy.map { byteTokens[Int($0)] })
        workspace.mergeAll(self)
        workspace.append(to: &tokens)
    }
}

extension BytePairEncoder {
    /// A word being merged: a doubly linked list of symbols, and a heap of the pairs that could merge.
    struct Workspace {
        private var symbols: [Symbol] = []
        /// Candidates as `rank << 32 | position`, so that the smallest is the next to merge.
        private var heap = MinimumHeap()

        private struct Symbol {
            var token: TokenID
            var previous: Int32
            /// -1 at the end.
            var next: Int32
            /// The merge of this symbol with the next that stands in the heap; older ones are void.
            var pending: Merge?
        }

        fileprivate mutating func start(with tokens: some Sequence<TokenID>) {
            symbols.removeAll(keepingCapacity: true)
            heap.removeAll()
            for token in tokens where token >= 0 {
                let index = Int32(symbols.count)
                symbols.append(
                    Symbol(token: token, previous: index - 1, next: index + 1, pending: nil))
            }
            if !symbols.isEmpty { symbols[symbols.count - 1].next = -1 }
        }

        fileprivate mutating func mergeAll(_ encoder: BytePairEncoder) {
            for index in symbols.indices { consider(Int32(index), encoder) }
            while let candidate = heap.popMinimum() {
                let position = Int(candidate & 0xFFFF_FFFF)
                guard let merge = symbols[position].pending, merge.rank == candidate >> 32 else {
                    continue
                }
                let absorbed = Int(symbols[position].next)
                symbols[position].token = merge.token
                symbols[position].next = symbols[absorbed].next
                symbols[absorbed].pending = nil
                if symbols[position].next >= 0 {
                    symbols[Int(symbols[position].next)].previous = Int32(position)
                }
                consider(Int32(position), encoder)
                if symbols[position].previous >= 0 {
                    consider(symbols[position].previous, encoder)
                }
            }
        }

        /// Notes whether the symbol at `position` can merge with the one after it.
        private mutating func consider(_ position: Int32, _ encoder: BytePairEncoder) {
            let symbol = symbols[Int(position)]
            let merge =
                symbol.next < 0
                ? nil : encoder.merge(symbol.token, symbols[Int(symbol.next)].token)
            symbols[Int(position)].pending = merge
            if let merge { heap.insert(UInt64(merge.rank) << 32 | UInt64(position)) }
        }

        fileprivate func append(to tokens: inout [TokenID]) {
            var index: Int32 = symbols.isEmpty ? -1 : 0
            while index >= 0 {
                tokens.append(symbols[Int(index)].token)
                index = symbols[Int(index)].next
            }
        }
    }
}
