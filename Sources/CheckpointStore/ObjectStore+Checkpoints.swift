/// What a store holds of checkpoints, whose manifests are objects themselves.
extension ObjectStore {
    /// What a manifest names that is not here in full length.
    ///
    /// An object of another length is read, and set aside if it is damaged.
    func missingParts(of manifest: Manifest) -> [ObjectID] {
        manifest.objects.values.filter { reference in
            guard let size = try? size(of: reference.id) else { return true }
            if size != reference.size { try? verify(reference.id) }
            return size != reference.size
        }.map(\.id).sorted()
    }

    func manifest(of checkpoint: CheckpointID) throws -> Manifest {
        try Manifest(canonical: data(of: checkpoint, maximumSize: Manifest.maximumSize))
    }

    /// Those of the checkpoints whose manifest cannot be read here or names a part that is missing.
    public func incomplete(among checkpoints: [CheckpointID]) -> [CheckpointID] {
        checkpoints.filter { checkpoint in
            guard let manifest = try? manifest(of: checkpoint) else { return true }
            return !missingParts(of: manifest).isEmpty
        }
    }

    /// The checkpoints and those they come from, as far as the manifests here tell.
    package func withAncestors(_ checkpoints: [CheckpointID]) -> [CheckpointID] {
        var seen: Set<CheckpointID> = []
        var frontier = checkpoints
        while !frontier.isEmpty, seen.count < Synchronizer.maximumCheckpoints {
            seen.formUnion(frontier)
            let parents = frontier.flatMap { (try? manifest(of: $0))?.parents ?? [] }
            frontier = Set(parents).subtracting(seen).sorted()
        }
        return seen.sorted()
    }
}
