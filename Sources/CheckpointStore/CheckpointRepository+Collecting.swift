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
        var named = Set(known)
        for checkpoint in Set(known).union(kept) {
            let manifest: Manifest
            do {
                manifest = try self.manifest(of: checkpoint)
            } catch  where !kept.contains(checkpoint) {
                continue
            }
            for (role, reference) in manifest.objects
            where kept.contains(checkpoint) || role == Manifest.metricsRole {
                named.insert(reference.id)
            }
        }
        return try objects.ids().compactMap { id in
            guard !named.contains(id), let size = try? objects.size(of: id),
                let change = objects.lastChange(of: id),
                now.timeIntervalSince(change) >= Self.grace
            else { return nil }
            return .init(id: id, size: size)
        }
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

extension ObjectReference {
    /// An object as it lies in a store.
    public struct Located: Hashable, Sendable {
        public var id: ObjectID
        /// In bytes.
        public var size: Int
    }
}
