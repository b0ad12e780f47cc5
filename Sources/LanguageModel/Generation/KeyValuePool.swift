internal import CKernels

/// Memory for the pages that samples grow by, in few large pieces.
///
/// A step reads the keys and values of every sample. In small pages of the system's it would look up
/// an address every 4 KiB, which costs about as much as the reading.
final class KeyValuePool {
    private static let pagesPerSlab = 16

    let format: KeyValueFormat
    /// In bytes.
    private let pageSize: Int
    private var slabs: [UnsafeMutableRawPointer] = []
    private var free: [UnsafeMutableRawPointer] = []

    private var slabSize: Int { Self.pagesPerSlab * pageSize }

    init(model: ModelConfiguration, format: KeyValueFormat) {
        self.format = format
        pageSize =
            KeyValuePage.size(capacity: KeyValuePage.samplePositions, model: model)
            * format.stride
    }

    deinit {
        for slab in slabs { attune_deallocate(slab, slabSize) }
    }

    /// Room for one page; what is in it is undefined.
    func take() -> UnsafeMutableRawPointer {
        if free.isEmpty {
            guard let slab = attune_allocate(slabSize) else { preconditionFailure("it aborts") }
            attune_prefer_huge_pages(slab, slabSize)
            slabs.append(slab)
            // The lowest is taken first, so that a short text touches little.
            free = (0..<Self.pagesPerSlab).reversed().map { slab + $0 * pageSize }
        }
        return free.removeLast()
    }

    func give(_ page: UnsafeMutableRawPointer) {
        free.append(page)
    }
}
