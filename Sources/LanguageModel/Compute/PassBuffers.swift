/// The memory of passes over packed tokens, kept between calls.
final class PassBuffers {
    /// What a backward pass needs of every layer.
    let activations = FloatBuffer()
    /// Values that one layer makes and the next overwrites.
    let layer = FloatBuffer()
    /// Normed hidden states that tokens are predicted from, and their gradients.
    let targets = FloatBuffer()
    /// What the vocabulary head sums up.
    let head = FloatBuffer()
    /// Values of a backward pass.
    let gradients = FloatBuffer()
    /// Values of a decoding step.
    let decoding = FloatBuffer()
    /// Activations and gradients as integers.
    let integers = IntegerActivations()
    let integerGradients = FloatBuffer()
    /// Transposed factors of side paths.
    let transposedB = FloatBuffer()
    private let workers: [FloatBuffer]

    init(workers: Int) {
        self.workers = (0..<workers).map { _ in FloatBuffer() }
    }

    /// Makes room for `count` values for every worker.
    func reserveScratch(_ count: Int) {
        for worker in workers { _ = worker.reserve(count) }
    }

    /// A worker's own memory, as much as was reserved.
    func scratch(_ worker: Int) -> UnsafeMutablePointer<Float> {
        workers[worker].reserve(0)
    }

    func release() {
        let single = [
            activations, layer, targets, head, gradients, decoding, integerGradients, transposedB,
        ]
        for buffer in single + workers { buffer.release() }
        integers.release()
    }
}
