import Foundation
import Synchronization

/// How far a sync is, whichever of its transfers goes on, and the pace that it keeps to.
final class SyncMeter: Sendable {
    private let settings: Synchronizer
    private let state = Mutex(State())

    private struct State {
        var progress = SyncProgress(
            bytesSent: 0, bytesTotal: 0, objectsSent: 0, objectsTotal: 0, secondsElapsed: 0)
        /// With those that were sent for nothing.
        var bytesPassed = 0
        /// When the sending began.
        var start = ContinuousClock.now
    }

    init(_ settings: Synchronizer) { self.settings = settings }

    var progress: SyncProgress { state.withLock { $0.progress } }

    func plan(objects: Int, bytes: Int) {
        state.withLock {
            $0.start = .now
            $0.progress.objectsTotal = objects
            $0.progress.bytesTotal = bytes
        }
    }

    /// Counts bytes that went over, and waits if they went faster than is allowed.
    func pass(_ count: Int) async throws {
        let now = report { state in
            state.progress.bytesSent += count
            state.bytesPassed += count
        }
        guard let limit = settings.bytesPerSecond, limit > 0 else { return }
        try await Task.sleep(
            until: now.start + .seconds(Double(now.bytesPassed) / Double(limit)))
    }

    func finishObject() { report { $0.progress.objectsSent += 1 } }

    /// Bytes that were planned and are there already.
    func leaveOut(_ count: Int) { state.withLock { $0.progress.bytesTotal -= count } }

    /// Bytes that were sent for nothing.
    func takeBack(_ count: Int) { state.withLock { $0.progress.bytesSent -= count } }

    @discardableResult
    private func report(_ change: (inout State) -> Void) -> State {
        state.withLock { state in
            change(&state)
            state.progress.secondsElapsed = (ContinuousClock.now - state.start) / .seconds(1)
            // In the lock, so that nobody is told of less after more.
            settings.report(.progress(state.progress))
            return state
        }
    }
}
