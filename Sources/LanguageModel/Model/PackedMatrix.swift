internal import CKernels

/// A copy of a matrix whose codes lie as the integer kernels read them.
final class PackedMatrix: @unchecked Sendable {  // the memory is written by `init` alone
    let layout: attune_packed_matrix
    /// `[columns / 32, rows]`: what products with the transpose add apart; nil when all are zero.
    let offsets: UnsafePointer<Float>?
    private let blocks: UnsafeMutableRawPointer

    /// - Returns: nil for a type or a shape without integer kernels.
    init?(_ matrix: attune_rows, rows: Int, columns: Int) {
        let size = attune_packed_size(matrix.type, rows, columns)
        if size == 0 { return nil }
        blocks = .allocate(byteCount: size, alignment: 64)
        layout = attune_pack(
            matrix, rows, columns, blocks.assumingMemoryBound(to: UInt8.self))
        if layout.has_offsets != 0 {
            let offsets = UnsafeMutablePointer<Float>.allocate(
                capacity: rows * columns / Int(ATTUNE_BLOCK))
            attune_block_offsets(matrix, rows, columns, offsets)
            self.offsets = UnsafePointer(offsets)
        } else {
            offsets = nil
        }
    }

    deinit {
        blocks.deallocate()
        offsets?.deallocate()
    }
}
