internal import CKernels

/// Memory for float32 values, aligned to cache lines, that grows and is used again.
final class FloatBuffer {
    private var base: UnsafeMutableRawPointer?
    private(set) var capacity = 0

    deinit {
        release()
    }

    /// Makes room for `count` values; what was stored is lost if it must grow.
    ///
    /// - Postconditions: the pointer is valid until the next call that asks for more.
    func reserve(_ count: Int) -> UnsafeMutablePointer<Float> {
        if count > capacity || base == nil {
            release()
            capacity = max(count, 16)
            base = attune_allocate(size)
        }
        return base!.assumingMemoryBound(to: Float.self)
    }

    private var size: Int { capacity * MemoryLayout<Float>.stride }

    /// Gives the memory back.
    func release() {
        if let base { attune_deallocate(base, size) }
        base = nil
        capacity = 0
    }
}

/// Hands out consecutive parts of one buffer, each starting on a cache line.
struct FloatArena {
    private var next: UnsafeMutablePointer<Float>

    init(_ base: UnsafeMutablePointer<Float>) {
        next = base
    }

    /// The number of elements a part of `count` takes up.
    static func size(_ count: Int) -> Int {
        (count + 15) & ~15
    }

    mutating func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        defer { next += Self.size(count) }
        return next
    }
}
