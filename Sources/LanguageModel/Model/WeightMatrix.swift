internal import CKernels

/// A frozen matrix as the file stores it, quantised and mapped, perhaps with a packed copy beside it.
///
/// - Shape: `[rows, columns]`, row-major; a row is a whole number of quantisation blocks.
/// - Lifetime: valid as long as the `GGUFFile` it came from.
final class WeightMatrix: @unchecked Sendable {  // the mapping is read-only and outlives the matrix
    let name: String
    /// The type's number in the GGUF format.
    let type: UInt32
    let rows: Int
    let columns: Int
    /// Elements and bytes of one quantisation block.
    let blockWidth: Int
    let blockBytes: Int
    let base: UnsafeRawPointer
    /// nil for types without integer kernels and where no products are wanted.
    let packed: PackedMatrix?

    var rowBytes: Int { columns / blockWidth * blockBytes }

    /// - Parameter arena: where a packed copy goes; nil for none.
    /// - Throws: `EngineError` when the tensor is missing or has another shape.
    init(
        file: GGUFFile, name: String, rows: Int, columns: Int, packingIn arena: PackingArena?
    ) throws {
        guard let tensor = file.tensor(named: name) else {
            throw EngineError.tensorMissing(name: name)
        }
        guard tensor.shape == [columns, rows] else {
            throw EngineError.tensorShape(
                name: name, found: tensor.shape, expected: [columns, rows])
        }
        guard let base = file.bytes(of: tensor).baseAddress else {
            throw EngineError.tensorMissing(name: name)
        }
        self.name = name
        self.type = tensor.type.rawValue
        self.rows = rows
        self.columns = columns
        self.base = base
        blockWidth = tensor.type.blockSize
        blockBytes = tensor.type.bytesPerBlock
        let matrix = attune_rows(
            bytes: base, row_bytes: columns / blockWidth * blockBytes, type: type)
        packed = arena.flatMap {
            PackedMatrix(matrix, rows: rows, columns: columns, in: $0)
        }
    }

    /// The stored rows from a place on whose column starts a block.
    func rows(from row: Int, column: Int = 0) -> attune_rows {
        attune_rows(
            bytes: base + row * rowBytes + column / blockWidth * blockBytes, row_bytes: rowBytes,
            type: type)
    }
}
