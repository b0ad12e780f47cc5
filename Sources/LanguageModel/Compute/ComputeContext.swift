internal import CKernels

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
    /// Tells a running call to stop.
    public var isCancelled: () -> Bool = { false }

    let kernels: attune_kernels
    let integerKernels: attune_integer_kernels
    private let hasFastIntegers: Bool
    private let precisions: ComputePrecision
    /// Of the call that runs.
    var precision: ActivationPrecision
    let pool: ThreadPool
    let buffers: PassBuffers
    var rotary: RotaryTable
    /// What the last `forward` left for `backward`.
    var pending: PendingBackward?

    /// - Parameter threads: how many threads compute, the caller's own included.
    public init(
        model: Transformer, threads: Int, precision: ComputePrecision = ComputePrecision()
    ) {
        BLAS.useCallingThreadOnly()
        self.model = model
        kernels = attune_best_kernels().pointee
        integerKernels = attune_best_integer_kernels().pointee
        hasFastIntegers = attune_integer_kernels_at(1) != nil
        precisions = precision
        self.precision = precision.training
        pool = ThreadPool(threads: threads)
        buffers = PassBuffers(workers: threads)
        rotary = RotaryTable(model.configuration)
    }

    /// The number of threads that compute, the caller's own included.
    public var threads: Int { pool.threads }

    /// Which kernels run and on how many threads, for people to read.
    public var blasDescription: String {
        "OpenBLAS \(BLAS.coreName), \(String(cString: kernels.name)) and "
            + "\(String(cString: integerKernels.name)) kernels, "
            + "\(threads) thread\(threads == 1 ? "" : "s")"
    }

    /// Gives the memory of the buffers back; the next call makes them anew.
    ///
    /// - Postconditions: a `forward` before it can no longer be followed by `backward`.
    public func releaseBuffers() {
        pending = nil
        buffers.release()
    }

    /// Starts a call of a kind: what the last one left for `backward` is gone.
    func begin(_ kind: KeyPath<ComputePrecision, ActivationPrecision>) {
        pending = nil
        // The plain integer kernels are a reference, slower than the library is in float32.
        precision = hasFastIntegers ? precisions[keyPath: kind] : .float32
    }

    func checkCancellation() throws {
        if isCancelled() { throw CancellationError() }
    }
}
