/// Measures the pace of training for progress reports; no outcome depends on it.
struct RoundStopwatch {
    private let resumedAtBatch: Int
    private var seconds = 0.0
    private var tokens = 0

    init(resumedAtBatch: Int = 0) {
        self.resumedAtBatch = resumedAtBatch
    }

    /// Adds a batch and extrapolates to the ones that remain.
    mutating func add(
        tokens: Int, over duration: Duration, batchesDone: Int, batches: Int
    ) -> RoundPace {
        self.tokens += tokens
        seconds += duration / .seconds(1)
        let perBatch = seconds / Double(max(batchesDone - resumedAtBatch, 1))
        return RoundPace(
            batchesDone: batchesDone, batches: batches,
            tokensPerSecond: Double(self.tokens) / max(seconds, 1e-9),
            secondsRemaining: perBatch * Double(batches - batchesDone))
    }
}
