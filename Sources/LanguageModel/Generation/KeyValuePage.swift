internal import CKernels

/// Keys and values of consecutive positions, of all layers.
///
/// A prompt's page is read by all samples of it; each sample writes pages of its own as it grows,
/// and gives them back when it ends.
final class KeyValuePage {
    /// Positions in a sample's page.
    static let samplePositions = 32

    let capacity: Int
    /// How many positions are filled.
    var count = 0
    private let width: Int
    private let base: UnsafeMutablePointer<Float>

    init(capacity: Int, model: ModelConfiguration) {
        self.capacity = capacity
        width = model.keyValueWidth
        base = .allocate(capacity: 2 * model.layerCount * capacity * width)
    }

    deinit {
        base.deallocate()
    }

    /// `[capacity, keyValueHeads · headSize]`, rotated.
    func keys(_ layer: Int) -> UnsafeMutablePointer<Float> {
        base + 2 * layer * capacity * width
    }

    /// `[capacity, keyValueHeads · headSize]`
    func values(_ layer: Int) -> UnsafeMutablePointer<Float> {
        keys(layer) + capacity * width
    }

    /// The filled positions of one key-value head, and `extra` more.
    func span(_ layer: Int, column: Int, extra: Int = 0) -> attune_span {
        attune_span(
            keys: keys(layer) + column, values: values(layer) + column, count: count + extra)
    }
}
