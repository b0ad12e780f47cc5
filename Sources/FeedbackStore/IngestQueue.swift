import Dispatch
import FeedbackFormats
import Synchronization

/// Gathers the batches of concurrent callers into shared transactions.
///
/// While one transaction waits for the disk, new batches queue up; the next transaction takes them
/// all, up to ``maximumRows``. Nothing waits when nothing is under way.
final class IngestQueue: Sendable {
    private struct Request {
        var items: [Feedback]
        var continuation: CheckedContinuation<[AddOutcome], any Error>
    }

    private struct State {
        var requests: [Request] = []
        var isDraining = false
    }

    private static let maximumRows = 1000
    private let state = Mutex(State())

    func submit(_ items: [Feedback], to store: FeedbackStore) async throws -> [AddOutcome] {
        try await withCheckedThrowingContinuation { continuation in
            let mustDrain = state.withLock { state in
                state.requests.append(Request(items: items, continuation: continuation))
                defer { state.isDraining = true }
                return !state.isDraining
            }
            if mustDrain { store.queue.async { self.drain(into: store) } }
        }
    }

    private func drain(into store: FeedbackStore) {
        while let requests = nextRequests() {
            if requests.count > 1, let outcomes = try? store.add(requests.flatMap(\.items)) {
                var rest = outcomes[...]
                for request in requests {
                    request.continuation.resume(returning: Array(rest.prefix(request.items.count)))
                    rest = rest.dropFirst(request.items.count)
                }
            } else {
                // Alone, so that one caller's failure is not everybody's.
                for request in requests {
                    request.continuation.resume(with: Result { try store.add(request.items) })
                }
            }
        }
    }

    /// Takes what is waiting, or nil (and ends the draining) when nothing is.
    private func nextRequests() -> [Request]? {
        state.withLock { state in
            guard !state.requests.isEmpty else {
                state.isDraining = false
                return nil
            }
            var rows = 0
            let count = state.requests.prefix { request in
                defer { rows += request.items.count }
                return rows < Self.maximumRows
            }.count
            defer { state.requests.removeFirst(count) }
            return Array(state.requests.prefix(count))
        }
    }
}
