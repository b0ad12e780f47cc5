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
        let heads = try repository.heads.all()
        var reasons: [CheckpointID: Retention.Reason] = [:]
        // What others bring, however much, leaves the own ones their places.
        for isOwn in [true, false] {
            let group = present.filter { $0.stored.isOwn == isOwn }
            let kept = order.retention.reasons(group.map { ($0.id, $0.stored.recordedAt) })
            reasons.merge(kept) { first, _ in first }
        }
        for (id, reason) in try needs(keepingHeads: steps, heads) { reasons[id] = reason }
        for (stored, id) in present where reasons[id] == nil {
            if stored.isPinned {
                reasons[id] = .pinned
            } else if now.timeIntervalSince(stored.recordedAt) < CheckpointRepository.grace {
                reasons[id] = .recent
            }
        }
        let registered = Set(known.map(\.id))
        // A head may lead to what a database from a backup knows nothing of.
        let unregistered = heads.map(\.checkpoint).filter {
            !registered.contains($0) && repository.objects.contains($0)
        }
        let kept = present.map(\.id).filter { reasons[$0] != nil } + unregistered
        let garbage = try repository.garbage(
            keeping: Set(kept), of: known.map(\.id), now: now)
        if order.apply {
            let gone = present.filter { reasons[$0.id] == nil }
            try store.collect(gone.map(\.stored.id), keepingHeads: steps)
            try repository.remove(garbage, now: now)
            // A head that came meanwhile wants its checkpoint: the next sync completes it.
            let wanted = Set(try repository.heads.all().map(\.checkpoint))
                .subtracting(heads.map(\.checkpoint))
            for (stored, id) in gone where wanted.contains(id) {
                try store.register(checkpoint: stored.id, origin: stored.origin)
            }
        }
        return CollectionReport(
            applied: order.apply,
            checkpoints: present.map {
                .init(checkpoint: $0.id, addedAt: $0.stored.recordedAt, reason: reasons[$0.id])
            },
            objects: garbage.count, bytes: garbage.reduce(0) { $0 + Int64($1.size) })
    }

    /// Checkpoints that are in use in some way, whatever their age, each with the strongest reason.
    ///
    /// What hosts have in use that nobody has put on record counts for nothing here: anybody could
    /// be one.
    private func needs(
        keepingHeads steps: Int, _ heads: [SignedHead]
    ) throws -> [(id: CheckpointID, reason: Retention.Reason)] {
        let stack = try store.headStack().map(ObjectID.init(validating:))
        let onRecord = try hosts(of: store.peers())
        let others = heads.filter { onRecord.contains($0.host) }.map(\.checkpoint)
        // What peers were told is in use stays while they are told so.
        let told = heads.filter { $0.host == key.id }.map(\.checkpoint)
        let plan = try store.runningRound().map { try RoundRecord(json: $0.plan).plan }
        let starts = [plan?.startCheckpoint, plan?.referenceCheckpoint].compactMap(\.self)
        let needed = try (starts + store.checkpointsOfLabels()).map(ObjectID.init(validating:))
        return needed.map { ($0, .needed) }
            + repository.commonAncestors(of: others + told + stack.suffix(1))
            .map { ($0, .ancestor) }
            + (try lastInUse() + told).map { ($0, .model) }
            + others.map { ($0, .peer) }
            + stack.suffix(steps).dropLast().map { ($0, .rollback) }
            + stack.suffix(1).map { ($0, .head) }
    }

    /// The last checkpoint in use of each base model: switching back to one begins from it.
    private func lastInUse() throws -> [CheckpointID] {
        var last: [ObjectID: CheckpointID] = [:]
        for id in try store.promotions().compactMap(\.checkpoint) {
            let id = try ObjectID(validating: id)
            guard let base = try? repository.manifest(of: id).base.fingerprint else { continue }
            last[base] = id
        }
        return Array(last.values)
    }

    /// Throws if a checkpoint's objects were let go.
    ///
    /// - Errors: ``ControlError`` of kind `conflict`.
    func requirePresent(_ id: CheckpointID) throws {
        guard let date = try store.checkpoint(id.hex).collectedAt else { return }
        throw ControlError(
            .conflict,
            "cannot use checkpoint \(id.short): `checkpoint gc` let its objects go at"
                + " \(date.formatted(.iso8601)); `attunectl checkpoint pin \(id.short)` has the next sync"
                + " bring them, if a peer has them")
    }
}
