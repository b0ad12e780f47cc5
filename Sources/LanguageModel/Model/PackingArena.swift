internal import CKernels

/// Memory for the packed copies of a model's matrices, in few large pieces.
final class PackingArena {
    /// A piece, which lives as long as any matrix in it.
    final class Slab {
        let base: UnsafeMutableRawPointer
        let size: Int

        fileprivate init(size: Int) {
            self.size = size
            base = attune_allocate(size)
        }

        deinit {
            attune_deallocate(base, size)
        }
    }

    private static let slabSize = 16 << 20
    private var slab: Slab?
    private var used = 0

    /// Takes memory that starts on a cache line.
    func take(_ size: Int) -> (memory: UnsafeMutableRawPointer, owner: Slab) {
        let size = (size + 63) & ~63
        if let slab, used + size <= slab.size {
            defer { used += size }
            return (slab.base + used, slab)
        }
        let fresh = Slab(size: max(size, Self.slabSize))
        slab = fresh
        used = size
        return (fresh.base, fresh)
    }
}
