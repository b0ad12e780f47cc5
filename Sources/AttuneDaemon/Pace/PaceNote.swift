import Synchronization

/// Why the running round goes slower than it could, for whoever asks.
final class PaceNote: Sendable {
    private let value = Mutex<TrainingPace.Reason?>(nil)

    var reason: TrainingPace.Reason? {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
