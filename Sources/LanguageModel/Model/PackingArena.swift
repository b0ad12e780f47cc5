internal import CKernels
import Dispatch

/// Memory for the packed copies of a model's matrices, in few large pieces.
final class PackingArena {
    /// A piece, which lives as long as any matrix in it.
    final class Slab: @unchecked Sendable {  // whoever takes a part of it writes that alone
        let base: UnsafeMutableRawPointer
        let size: Int

        fileprivate init(size: Int) {
            self.size = size
            base = attune_allocate(size)
        }

        func useHugePages() {
            attune_use_huge_pages(base, size)
        }

        deinit {
            attune_deallocate(base, size)
        }
    }

    private static let slabSize = 16 << 20
    private var slabs: [Slab] = []
    /// Of the last slab.
    private var used = 0

    /// Takes memory that starts on a cache line.
    func take(_ size: Int) -> (memory: UnsafeMutableRawPointer, owner: Slab) {
        let size = (size + 63) & ~63
        if let slab = slabs.last, used + size <= slab.size {
            defer { used += size }
            return (slab.base + used, slab)
        }
        let fresh = Slab(size: max(size, Self.slabSize))
        slabs.append(fresh)
        used = size
        return (fresh.base, fresh)
    }

    /// Moves what was written into huge pages, in the background.
    func useHugePages() {
        let slabs = slabs
        DispatchQueue.global(qos: .utility).async {
            for slab in slabs { slab.useHugePages() }
        }
    }
}
