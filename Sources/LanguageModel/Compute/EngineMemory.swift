internal import CKernels

/// The memory of the whole process.
public enum EngineMemory {
    /// Returns what released models and buffers leave with the allocator to the system.
    public static func giveBack() {
        attune_return_memory()
    }
}
