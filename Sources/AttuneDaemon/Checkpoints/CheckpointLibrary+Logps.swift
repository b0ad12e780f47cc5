import CheckpointStore
import FeedbackStore
import PreferenceLearning

extension CheckpointLibrary {
    /// Forgets the cached log-probabilities of every checkpoint that nothing is measured against any
    /// more, so that the cache stays as large as the feedback and not as the history.
    ///
    /// What stays: the base in use, the head, the checkpoints it was made from, and those that an
    /// unfinished round names. What is forgotten is only computed again when it is asked for.
    package func evictLogps() throws {
        var kept: Set<String> = []
        if let model = try store.activeModel() {
            kept.insert(ReferenceCache.reference(ofBase: model.sha256))
        }
        if let head = try store.head() {
            kept.insert(head)
            let manifest = try repository.manifest(of: ObjectID(validating: head))
            kept.formUnion(manifest.parents.map(\.hex))
        }
        if let round = try store.runningRound(), let record = try? RoundRecord(json: round.plan) {
            kept.insert(ReferenceCache.reference(ofBase: record.model.hex))
            kept.formUnion(
                [record.plan.startCheckpoint, record.plan.referenceCheckpoint].compactMap { $0 })
        }
        try store.evictReferenceLogps(except: Set(kept.flatMap(ReferenceCache.names)))
    }
}
