import Synchronization

/// Tells the compute thread to stop what it does; asked between layers.
package final class CancellationFlag: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package func cancel() {
        flag.store(true, ordering: .relaxed)
    }

    package var isCancelled: Bool {
        flag.load(ordering: .relaxed)
    }
}
