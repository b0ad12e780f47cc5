internal import CKernels

/// The memory of the whole process.
public enum EngineMemory {
    /// Makes large blocks go back when they are freed; for the start of a process that lives long.
    public static func returnLargeBlocks() {
        attune_return_large_blocks()
    }

    /// Returns what released models and buffers leave with the allocator to the system.
    public static func giveBack() {
        attune_return_memory()
    }
}
