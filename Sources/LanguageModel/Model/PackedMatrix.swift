internal import CKernels

/// A copy of a matrix whose codes lie as the integer kernels read them.
final class PackedMatrix: @unchecked Sendable {  // the memory is written by `init` alone
    let layout: attune_packed_matrix
    /// `[columns / 32, rows]`: what products with the transpose add apart; nil when all are zero.
    let offsets: UnsafePointer<Float>?
    private let slabs: [PackingArena.Slab]

    /// - Returns: nil for a type or a shape without integer kernels.
    init?(_ matrix: attune_rows, rows: Int, columns: Int, in arena: PackingArena) {
        let size = attune_packed_size(matrix.type, rows, columns)
        if size == 0 { return nil }
        let blocks = arena.take(size)
        layout = attune_pack(
            matrix, rows, columns, blocks.memory.assumingMemoryBound(to: UInt8.self))
        guard layout.has_offsets != 0 else {
            offsets = nil
            slabs = [blocks.owner]
            return
        }
        let room = arena.take(rows * columns / Int(ATTUNE_BLOCK) * MemoryLayout<Float>.stride)
        let values = room.memory.assumingMemoryBound(to: Float.self)
        attune_block_offsets(matrix, rows, columns, values)
        offsets = UnsafePointer(values)
        slabs = [blocks.owner, room.owner]
    }
}
