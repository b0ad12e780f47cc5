/// What a round needs from the world around it; the round itself does no I/O.
///
/// All calls come from the thread that runs the round. The ``LogpsCache`` half keeps reference
/// log-probabilities, so that a pair is scored once per reference checkpoint and not once per
/// round.
public protocol RoundEnvironment: LogpsCache {
    /// Polled between and inside the engine's calls; once true the round throws `CancellationError`
    /// within a second.
    var isCancelled: Bool { get }

    /// Those of the pairs whose feedback has been retracted.
    ///
    /// Asked at every boundary about the given pairs that are still to be trained on. What was
    /// retracted once stays so.
    func retracted(among pairs: [String]) throws -> [String]

    /// Passes a request to an annotator.
    ///
    /// After a resume the request that was being answered is passed again, with the same id.
    ///
    /// - Returns: nil when a person answers later; the answer then enters a later round's plan.
    func annotate(_ request: LabelRequest) throws -> LabelAnswer?

    /// Keeps the state a later round object can continue from.
    ///
    /// Called at every resumable boundary: a scored chunk, a sampled group, an answered request, a
    /// batch, a stretch of evaluation. It must be durable on return. Boundaries may be skipped (a
    /// resume repeats the work since the last one kept, to the same bits), and tensors need no
    /// rewriting while ``RoundState/step`` stands still.
    func checkpoint(_ state: RoundState) throws

    func report(_ event: RoundEvent)
}
