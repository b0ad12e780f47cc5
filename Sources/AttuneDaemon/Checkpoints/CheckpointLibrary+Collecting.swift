import CheckpointStore
package import ControlAPI
import FeedbackStore
package import Foundation
import PreferenceLearning

extension CheckpointLibrary {
    /// Lets the objects of checkpoints go that neither anything needs nor the retention keeps;
    /// without `apply` it only says which.
    ///
    /// The registry learns of it first: what a crash leaves lying, the next collection takes.
    package func collect(
        _ order: CollectionOrder, now: Date = .now
    ) throws -> CollectionReport {
        let steps = max(order.retention.last, 2)
        let known = try store.checkpoints().map {
            (stored: $0, id: try ObjectID(validating: $0.id))
        }
        let present = known.filter { $0.stored.collectedAt == nil }
        var reasons = order.retention.reasons(present.map { ($0.id, $0.stored.recordedAt) })
        for (id, reason) in try needs(keepingHeads: steps) { reasons[id] = reason }
        for (stored, id) in present where reasons[id] == nil {
            if stored.isPinned {
                reasons[id] = .pinned
            } else if now.timeIntervalSince(stored.recordedAt) < CheckpointRepository.grace {
                reasons[id] = .recent
            }
        }
        let kept = present.map(\.id).filter { reasons[$0] != nil }
        let garbage = try repository.garbage(
            keeping: Set(kept), of: known.map(\.id), now: now)
        if order.apply {
            let gone = present.filter { reasons[$0.id] == nil }.map(\.stored.id)
            try store.collect(gone, keepingHeads: steps)
            for object in garbage { try repository.objects.delete(object.id) }
        }
        return CollectionReport(
            applied: order.apply,
            checkpoints: present.map {
                .init(checkpoint: $0.id, addedAt: $0.stored.recordedAt, reason: reasons[$0.id])
            },
            objects: garbage.count, bytes: garbage.reduce(0) { $0 + Int64($1.size) })
    }

    /// Checkpoints that are in use in some way, whatever their age, each with the strongest reason.
    private func needs(
        keepingHeads steps: Int
    ) throws -> [(id: CheckpointID, reason: Retention.Reason)] {
        let stack = try store.headStack().map(ObjectID.init(validating:))
        let heads = try repository.heads.all().filter { $0.host != key.id }.map(\.checkpoint)
        let inUse = heads + stack.suffix(1)
        let plan = try store.runningRound().map { try RoundRecord(json: $0.plan).plan }
        let starts = [plan?.startCheckpoint, plan?.referenceCheckpoint].compactMap(\.self)
        let needed = try (starts + store.checkpointsOfLabels()).map(ObjectID.init(validating:))
        return needed.map { ($0, .needed) }
            + repository.commonAncestors(of: inUse).map { ($0, .ancestor) }
            + heads.map { ($0, .peer) }
            + stack.suffix(steps).dropLast().map { ($0, .rollback) }
            + stack.suffix(1).map { ($0, .head) }
    }
}
