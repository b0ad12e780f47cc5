/// One sample while it grows.
final class SampleStream {
    let request: Int
    let sample: Int
    private(set) var tokens: [TokenID] = []
    private(set) var finishReason: Completion.FinishReason?
    private var generator: SeededGenerator
    let prompt: KeyValuePage
    private(set) var pages: [KeyValuePage] = []

    /// - Parameter seed: with the places of request and sample it fixes every draw of the stream.
    init(request: Int, sample: Int, prompt: KeyValuePage, seed: UInt64) {
        self.request = request
        self.sample = sample
        self.prompt = prompt
        generator = SeededGenerator(
            seed: seed, stream: UInt64(request) << 32 | UInt64(sample))
    }

    /// The position of the last token drawn.
    var position: Int { prompt.count + tokens.count - 1 }
    var completion: Completion {
        Completion(tokens: tokens, finishReason: finishReason ?? .length)
    }

    func draw() -> Double {
        generator.uniform()
    }

    /// Takes the token that was drawn.
    ///
    /// - Returns: whether it is part of the text; otherwise it ended the turn.
    func take(_ token: TokenID, endsTurn: Bool, maximumTokens: Int) -> Bool {
        if endsTurn {
            finish(.endOfTurn)
            return false
        }
        tokens.append(token)
        if tokens.count >= maximumTokens { finish(.length) }
        return true
    }

    func finish(_ reason: Completion.FinishReason) {
        finishReason = reason
        pages = []
    }

    /// Makes room for the position that a step is about to compute.
    func growPages(from pool: KeyValuePool, model: ModelConfiguration) {
        if let last = pages.last, last.count < last.capacity { return }
        pages.append(KeyValuePage(from: pool, model: model))
    }

    /// Says that the position's keys and values are there for all layers.
    func commitPosition() {
        pages[pages.count - 1].count += 1
    }
}
