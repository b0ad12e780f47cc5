import CheckpointStore
import ControlAPI
import FeedbackStore

/// What was taken back of the feedback that checkpoints were trained on, those of other hosts with them.
struct CheckpointMarks {
    /// Content hashes by checkpoint, with whether the text was erased.
    private let marks: [String: [String: Bool]]
    private let objects: ObjectStore

    init(marks: [String: [String: Bool]], objects: ObjectStore) {
        self.marks = marks
        self.objects = objects
    }

    /// What a checkpoint and its ancestors, as far as they are known here, were trained on; nil for
    /// nothing that was taken back.
    func of(_ checkpoint: CheckpointID) -> Withdrawals? {
        guard !marks.isEmpty else { return nil }
        let facts = objects.withAncestors([checkpoint]).reduce(into: [String: Bool]()) {
            $0.merge(marks[$1.hex] ?? [:]) { $0 || $1 }
        }
        guard !facts.isEmpty else { return nil }
        let erased = facts.values.count { $0 }
        return Withdrawals(erased: erased, retracted: facts.count - erased)
    }
}

extension CheckpointLibrary {
    func withdrawals() throws -> CheckpointMarks {
        try CheckpointMarks(marks: store.checkpointMarks(), objects: repository.objects)
    }
}
