internal import CKernels

/// How a page keeps its numbers.
enum KeyValueFormat {
    case single
    /// Binary16: half the memory to read, at an error far below that of 8-bit activations.
    case half

    /// Bytes of a number.
    var stride: Int { self == .single ? MemoryLayout<Float>.stride : MemoryLayout<UInt16>.stride }
}

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
    private let format: KeyValueFormat
    private let base: UnsafeMutableRawPointer
    /// Where a sample's page comes from; nil for a prompt's.
    private let pool: KeyValuePool?

    /// Numbers in a page.
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
        format = .single
        base = .allocate(
            byteCount: Self.size(capacity: capacity, model: model) * format.stride, alignment: 64)
        pool = nil
    }

    /// A page for a sample's next ``samplePositions``.
    init(from pool: KeyValuePool, model: ModelConfiguration) {
        capacity = Self.samplePositions
        width = model.keyValueWidth
        format = pool.format
        base = pool.take()
        self.pool = pool
    }

    deinit {
        if let pool { pool.give(base) } else { base.deallocate() }
    }

    var view: KeyValueView {
        KeyValueView(base: base, format: format, capacity: capacity, count: count, width: width)
    }
}

/// A page as it is at one moment, valid as long as the page.
struct KeyValueView {
    typealias Floats = UnsafeMutablePointer<Float>

    let base: UnsafeMutableRawPointer
    private let format: KeyValueFormat
    let capacity: Int
    let count: Int
    private let width: Int

    fileprivate init(
        base: UnsafeMutableRawPointer, format: KeyValueFormat, capacity: Int, count: Int,
        width: Int
    ) {
        self.base = base
        self.format = format
        self.capacity = capacity
        self.count = count
        self.width = width
    }

    /// Where the rotated keys of a head begin, `[headSize, capacity]`; `column` is the head's first
    /// in a row of keys.
    func keys(_ layer: Int, column: Int) -> Int { (2 * layer * width + column) * capacity }

    /// Where the values of a head begin, `[capacity, headSize]`.
    func values(_ layer: Int, column: Int) -> Int { ((2 * layer + 1) * width + column) * capacity }

    /// Adds `a` times a matrix in the page that begins at `place`, as `add_product` does.
    func addProduct(
        _ kernels: attune_kernels, rows: Int, columns: Int, inner: Int, _ a: Floats, lda: Int,
        _ place: Int, stride: Int, to y: Floats, ldy: Int
    ) {
        switch format {
        case .single:
            kernels.add_product(
                rows, columns, inner, 1, a, lda, 1,
                base.assumingMemoryBound(to: Float.self) + place, stride, y, ldy)
        case .half:
            kernels.add_half_product(
                rows, columns, inner, 1, a, lda, 1,
                base.assumingMemoryBound(to: UInt16.self) + place, stride, y, ldy)
        }
    }

    /// Puts a head's key and value of the next position in.
    func put(
        _ kernels: attune_kernels, _ layer: Int, column: Int, key: Floats, value: Floats,
        headSize: Int
    ) {
        let keys = keys(layer, column: column) + count
        let values = values(layer, column: column) + count * headSize
        switch format {
        case .single:
            let floats = base.assumingMemoryBound(to: Float.self)
            for element in 0..<headSize { floats[keys + element * capacity] = key[element] }
            (floats + values).update(from: value, count: headSize)
        case .half:
            let halves = base.assumingMemoryBound(to: UInt16.self)
            kernels.to_halves(key, headSize, halves + keys, capacity)
            kernels.to_halves(value, headSize, halves + values, 1)
        }
    }

    /// Takes the keys and values of a prompt, `[count, keyValueHeads · headSize]`.
    func set(_ count: Int, _ layer: Int, _ activations: LayerActivations, headSize: Int) {
        let floats = base.assumingMemoryBound(to: Float.self)
        AttentionColumns(base: floats + keys(layer, column: 0), stride: capacity)
            .set(0..<count, of: activations.keys, width: width)
        for column in stride(from: 0, to: width, by: headSize) {
            let target = floats + values(layer, column: column)
            for row in 0..<count {
                (target + row * headSize).update(
                    from: activations.values + row * width + column, count: headSize)
            }
        }
    }
}
