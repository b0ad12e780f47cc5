public import Foundation

extension CheckpointRepository {
    /// How long an object that nothing names stays, since it may be about to be named: a day, in
    /// seconds.
    public static let grace: TimeInterval = 86_400

    /// The objects that only checkpoints which are not kept have, with their sizes in bytes.
    ///
    /// Of every known checkpoint the manifest stays, and its metrics: who comes from whom, and what
    /// was measured. What came within ``grace`` stays whatever names it.
    ///
    /// - Errors: of a kept checkpoint whose manifest cannot be read: nobody knows what it needs.
    public func garbage(
        keeping kept: Set<CheckpointID>, of known: [CheckpointID], now: Date = .now
    ) throws -> [ObjectReference.Located] {
        let all = Set(known).union(kept)
        var named = all
        for checkpoint in all {
            let isKept = kept.contains(checkpoint)
            let read = Result { try manifest(of: checkpoint) }
            guard let manifest = isKept ? try read.get() : try? read.get() else { continue }
            for (role, reference) in manifest.objects where isKept || manifest.isHistory(role) {
                named.insert(reference.id)
            }
        }
        return try objects.ids().compactMap { id in
            guard !named.contains(id), isPastGrace(id, now),
                let size = try? objects.size(of: id)
            else { return nil }
            return .init(id: id, size: size)
        }
    }

    /// Removes what ``garbage(keeping:of:now:)`` found, but for what has been named anew meanwhile.
    public func remove(_ garbage: [ObjectReference.Located], now: Date = .now) throws {
        for object in garbage where isPastGrace(object.id, now) {
            try objects.delete(object.id)
        }
    }

    private func isPastGrace(_ id: ObjectID, _ now: Date) -> Bool {
        guard let change = objects.lastChange(of: id) else { return false }
        return now.timeIntervalSince(change) >= Self.grace
    }

    /// The latest checkpoints that two of these both come from, for every two of them.
    public func commonAncestors(of checkpoints: [CheckpointID]) -> Set<CheckpointID> {
        let ids = Set(checkpoints).sorted()
        let histories = ids.map { Set(objects.withAncestors([$0])) }
        var ancestors: Set<CheckpointID> = []
        for one in ids.indices {
            for other in ids.indices where other > one {
                ancestors.formUnion(latest(of: histories[one].intersection(histories[other])))
            }
        }
        return ancestors
    }

    /// Those of the checkpoints that none of the others continues.
    func latest(of checkpoints: Set<CheckpointID>) -> Set<CheckpointID> {
        checkpoints.subtracting(
            checkpoints.flatMap { (try? manifest(of: $0).parents) ?? [] })
    }
}

extension Manifest {
    /// Whether a role is what stays of a collected checkpoint: small figures, and nothing that is
    /// something else besides.
    fileprivate func isHistory(_ role: String) -> Bool {
        guard role == Self.metricsRole, let reference = objects[role] else { return false }
        return reference.format == .json && reference.size <= 1 << 20
            && objects.values.count { $0.id == reference.id } == 1
    }
}

extension ObjectReference {
    /// An object as it lies in a store.
    public struct Located: Hashable, Sendable {
        public var id: ObjectID
        /// In bytes.
        public var size: Int
    }
}
