/// Keys and values of consecutive positions, of all layers.
///
/// A prompt's page is read by all samples of it; each sample writes pages of its own as it grows,
/// and gives them back when it ends.
final class KeyValuePage {
    /// Positions in a sample's page.
    static let samplePositions = 32

    /// Positions that there is room for, a multiple of 16.
    let capacity: Int
    /// How many positions are filled.
    var count = 0
    private let width: Int
    private let base: UnsafeMutablePointer<Float>
    /// Where a sample's page comes from; nil for a prompt's.
    private let pool: KeyValuePool?

    /// Values in a page.
    static func size(capacity: Int, model: ModelConfiguration) -> Int {
        2 * model.layerCount * capacity * model.keyValueWidth
    }

    /// A prompt's page.
    ///
    /// - Parameter capacity: rounded up to what products with keys take at a time.
    init(capacity: Int, model: ModelConfiguration) {
        let capacity = FloatArena.size(capacity)
        self.capacity = capacity
        width = model.keyValueWidth
        base = .allocate(capacity: Self.size(capacity: capacity, model: model))
        pool = nil
    }

    /// A page for a sample's next ``samplePositions``.
    init(from pool: KeyValuePool, model: ModelConfiguration) {
        capacity = Self.samplePositions
        width = model.keyValueWidth
        base = pool.take()
        self.pool = pool
    }

    deinit {
        if let pool { pool.give(base) } else { base.deallocate() }
    }

    var view: KeyValueView {
        KeyValueView(base: base, capacity: capacity, count: count, width: width)
    }
}

/// A page as it is at one moment, valid as long as the page.
struct KeyValueView {
    let base: UnsafeMutablePointer<Float>
    let capacity: Int
    let count: Int
    fileprivate let width: Int

    /// Rotated.
    func keys(_ layer: Int) -> AttentionColumns {
        AttentionColumns(base: base + 2 * layer * capacity * width, stride: capacity)
    }

    /// `[capacity, headSize]` of the head whose first column in a row of values is `column`.
    func values(_ layer: Int, column: Int) -> UnsafeMutablePointer<Float> {
        base + ((2 * layer + 1) * width + column) * capacity
    }

    /// Takes the keys and values of the first positions, `[count, keyValueHeads · headSize]`.
    func set(_ count: Int, _ layer: Int, _ activations: LayerActivations, headSize: Int) {
        keys(layer).set(0..<count, of: activations.keys, width: width)
        for column in stride(from: 0, to: width, by: headSize) {
            let target = values(layer, column: column)
            for row in 0..<count {
                (target + row * headSize).update(
                    from: activations.values + row * width + column, count: headSize)
            }
        }
    }
}
