/// The tokens of a response group in one row each, the prompt's once.
///
/// A response's last token is only predicted, never read, so it has no row.
struct PackedSequence {
    /// Consecutive rows that attend to the first `prefix` rows and causally to themselves.
    struct Segment {
        let start: Int
        let count: Int
        let prefix: Int
    }

    /// Some consecutive query rows of a segment.
    struct QueryBlock {
        let segment: Segment
        let start: Int
        let count: Int

        /// The rows of the segment that any of the queries sees.
        var ownCount: Int { start + count - segment.start }
    }

    /// A token to predict from the hidden state of a row.
    struct Target {
        let row: Int
        let token: TokenID
        let response: Int
    }

    /// The most queries of a block: with more, more of the keys it sees are some queries' future.
    static let blockSize = 32

    private(set) var tokens: [TokenID]
    private(set) var positions: [Int]
    private(set) var queryBlocks: [QueryBlock] = []
    private(set) var targets: [Target] = []

    var count: Int { tokens.count }
    /// The widest row of scores of any query block.
    var widestBlock: Int { queryBlocks.map(\.scoreWidth).max() ?? 0 }

    /// - Throws: `EngineError` for an empty prompt, an unknown token or too many tokens.
    init(_ group: ResponseGroup, model: ModelConfiguration) throws {
        guard !group.prompt.isEmpty else { throw EngineError.emptyPrompt }
        let longest = group.prompt.count + (group.responses.map(\.count).max() ?? 0)
        guard longest <= model.contextLength else {
            throw EngineError.contextExceeded(tokens: longest, limit: model.contextLength)
        }
        for token in [group.prompt, group.responses.joined().map { $0 }].joined() {
            guard token >= 0, token < model.vocabularySize else {
                throw EngineError.tokenOutOfRange(
                    token: token, vocabularySize: model.vocabularySize)
            }
        }
        tokens = group.prompt
        positions = Array(0..<group.prompt.count)
        append(Segment(start: 0, count: group.prompt.count, prefix: 0))
        for (number, response) in group.responses.enumerated() {
            let start = tokens.count
            for (index, token) in response.enumerated() {
                let row = index == 0 ? group.prompt.count - 1 : start + index - 1
                targets.append(Target(row: row, token: token, response: number))
            }
            tokens += response.dropLast()
            positions += (0..<max(0, response.count - 1)).map { group.prompt.count + $0 }
            append(
                Segment(start: start, count: tokens.count - start, prefix: group.prompt.count))
        }
    }

    private mutating func append(_ segment: Segment) {
        for offset in stride(from: 0, to: segment.count, by: Self.blockSize) {
            queryBlocks.append(
                QueryBlock(
                    segment: segment, start: segment.start + offset,
                    count: min(Self.blockSize, segment.count - offset)))
        }
    }
}
