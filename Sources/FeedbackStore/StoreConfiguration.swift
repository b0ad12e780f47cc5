/// How a store is opened.
public struct StoreConfiguration: Hashable, Sendable {
    /// The share of prompts kept from training to judge it, decided by the prompt's hash when the
    /// prompt is first seen. One in eight by default. A later change concerns new prompts only.
    public var heldOutShare = 0.125
    /// How long a query waits for a lock before ``StoreError/busy(path:)``, in seconds.
    public var busyTimeout = 5.0
    /// The number of connections that read while another writes.
    public var readerCount = 4

    public init() {}
}
