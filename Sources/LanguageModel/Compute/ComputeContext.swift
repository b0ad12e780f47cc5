/// The arithmetic of one compute thread on one model, with buffers that are kept between calls.
///
/// Not sendable: make it on the thread that uses it and call it from nowhere else. Its calls block.
///
/// - Determinism: results depend on the inputs only. Every element is summed by one thread in a
///   fixed order, so the number of threads does not change a bit either.
/// - Cancellation: `isCancelled` is asked at least once per layer; a call that finds it true throws
///   `CancellationError` and leaves the context usable.
/// - Units: log-probabilities in nats.
public final class ComputeContext {
    public let model: Transformer
    /// The number of threads that compute, the caller's own included.
    public let threads: Int
    /// Tells a running call to stop.
    public var isCancelled: () -> Bool = { false }

    public init(model: Transformer, threads: Int) {
        precondition(threads >= 1)
        self.model = model
        self.threads = threads
    }
}
