import Foundation

/// What a merge made.
public struct CheckpointMerge: Hashable, Sendable {
    /// A checkpoint with its share of the new one.
    public struct Part: Hashable, Sendable {
        public var checkpoint: CheckpointID
        /// Feedback it has seen and the other has not.
        public var evidence: Int
        public var weight: Double
    }

    public var checkpoint: CheckpointID
    public var parts: [Part]
    /// See ``AdapterMerge/retainedEnergy``.
    public var retainedEnergy: Double
}

/// How two checkpoints that went different ways become one.
public enum MergeRule: String, Codable, CaseIterable, Sendable {
    /// The mean of both, each weighted by the feedback that only it has seen. Against the common
    /// ancestor: each change counts by its share.
    case mean
    /// Both changes in full, on top of the common ancestor.
    case sum
    /// By TIES (arXiv 2306.01708) on top of the common ancestor: of each change the largest fifth, and where they
    /// disagree the way that most of the change goes. Each counts by the feedback that only it has seen.
    case ties
}

extension CheckpointRepository {
    /// Ranks of all parts together, beyond which the decomposition takes hours.
    private static let maximumMergedRank = 768

    /// Merges two checkpoints of one base model into a new one with both as parents, and records it.
    ///
    /// On one host the same checkpoints always give the same id, whichever is named first. The new adapter has
    /// the rank and scale of the one with more evidence, that one's meta-learner, and the modules of both.
    ///
    /// - Errors: ``CheckpointError/nothingToMerge(_:in:)`` when one continues the other,
    ///   ``CheckpointError/baseMismatch(local:found:)``, and what reading them throws.
    public func merge(
        _ one: CheckpointID, _ other: CheckpointID, by rule: MergeRule, host: HostID
    ) throws -> CheckpointMerge {
        let ids = [min(one, other), max(one, other)]
        let histories = ids.map { Set(objects.withAncestors([$0])) }
        for (id, history) in zip(ids, histories.reversed()) where history.contains(id) {
            throw CheckpointError.nothingToMerge(id, in: ids.first { $0 != id } ?? id)
        }
        let manifests = try ids.map(manifest(of:))
        guard manifests[0].base.fingerprint == manifests[1].base.fingerprint else {
            throw CheckpointError.baseMismatch(
                local: manifests[0].base.fingerprint, found: manifests[1].base.fingerprint)
        }
        let evidence = zip(histories, histories.reversed()).map { mine, theirs in
            mine.subtracting(theirs).reduce(0) { $0 + self.evidence(of: $1) }
        }
        let total = Double(evidence.reduce(0, +))
        let weights: [Double] =
            rule == .sum
            ? [1, 1] : evidence.map { total > 0 ? Double($0) / total : 1 / Double(ids.count) }
        let leader = evidence[1] > evidence[0] ? 1 : 0
        let parts = try zip(weights, ids).map { (weight: $0, adapter: try adapter(of: $1)) }
        let ancestor =
            try rule == .mean
            ? nil
            : commonAncestor(histories, on: manifests[0].base.fingerprint).map(adapter(of:))
        let adapters = parts.map(\.adapter) + [ancestor].compactMap(\.self)
        var shape = manifests[leader].lora
        shape.targetModules = AdapterTarget.allCases.filter { target in
            adapters.contains { $0.shape.targetModules.contains(target) }
        }
        let ranks = adapters.reduce(0) { $0 + $1.shape.rank }
        guard ranks <= Self.maximumMergedRank else {
            throw CheckpointError.tooLarge(
                "a merge of ranks \(ranks) together", limit: Self.maximumMergedRank)
        }
        let merge =
            rule == .ties
            ? AdapterMerge(ties: parts, since: ancestor, shape: shape)
            : AdapterMerge(
                parts.map { (factor: $0.weight, adapter: $0.adapter) }
                    + [ancestor].compactMap { $0.map { (factor: -1, adapter: $0) } }, shape: shape)
        var references: [String: ObjectReference] = [:]
        references[Manifest.adapterRole] = try put(merge.adapter.safetensors(), .safetensors)
        references["learner"] = manifests[leader].objects["learner"]
        let manifest = Manifest(
            base: manifests[leader].base, lora: shape, parents: ids,
            objects: references, host: host, round: 0, seed: 0,
            data: DataCounts(pairs: 0, onlinePairs: 0, heldOutPairs: 0))
        return CheckpointMerge(
            checkpoint: try record(manifest),
            parts: ids.indices.map {
                .init(checkpoint: ids[$0], evidence: evidence[$0], weight: weights[$0])
            }, retainedEnergy: merge.retainedEnergy)
    }

    /// Pairs that a checkpoint's own round was trained on; 0 for an ancestor that is not here.
    private func evidence(of checkpoint: CheckpointID) -> Int {
        guard let data = try? manifest(of: checkpoint).data else { return 0 }
        return data.pairs + data.onlinePairs
    }

    /// The latest checkpoint of this base model that both come from; of several equally late ones the one with the
    /// lowest id.
    private func commonAncestor(
        _ histories: [Set<CheckpointID>], on base: ObjectID
    ) -> CheckpointID? {
        latest(of: histories[0].intersection(histories[1]))
            .filter { (try? manifest(of: $0).base.fingerprint) == base }
            .min()
    }

    private func put(_ data: Data, _ format: ObjectReference.Format) throws -> ObjectReference {
        ObjectReference(id: try objects.put(data), size: data.count, format: format)
    }
}
