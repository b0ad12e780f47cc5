package import CheckpointStore
import Synchronization

/// One thing that happened in a sync, as `sync --json --events` writes it: beside `peer` and `phase` exactly one key.
package struct SyncLine: Encodable {
    package struct Planned: Encodable {
        var checkpoints: Int
        var objects: Int
        var bytes: Int
    }

    package var peer: String
    /// `pulling` or `pushing`.
    package var phase: String
    package var planned: Planned?
    package var progress: SyncProgress?
    package var checkpointSent: CheckpointID?
    package var headSent: SignedHead?
    package var keyRecordSent: KeyRecord?
    package var refused: SyncRefusal?

    package init(peer: String, phase: String, _ event: SyncEvent) {
        self.peer = peer
        self.phase = phase
        switch event {
        case .planned(let checkpoints, let objects, let bytes):
            planned = Planned(checkpoints: checkpoints, objects: objects, bytes: bytes)
        case .progress(let progress): self.progress = progress
        case .checkpointSent(let checkpoint): checkpointSent = checkpoint
        case .headSent(let head): headSent = head
        case .keyRecordSent(let record): keyRecordSent = record
        case .refused(let refusal): refused = refusal
        }
    }
}

/// Lets progress through twice a second, and everything else always.
final class EventPace: Sendable {
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    func lets(_ event: SyncEvent) -> Bool {
        guard case .progress(let state) = event, state.objectsSent < state.objectsTotal else {
            return true
        }
        return last.withLock { last in
            let now = ContinuousClock.now
            if let last, now - last < .milliseconds(500) { return false }
            last = now
            return true
        }
    }
}
