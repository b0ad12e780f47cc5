package import CheckpointStore
package import Foundation

/// A tiny base, adapters and checkpoints for it.
package enum Sample {
    package static let base = BaseModel(
        fingerprint: ObjectID(hashing: Data("base".utf8)), name: "tiny", architecture: "llama",
        layerCount: 1, width: 4, headCount: 2, keyValueHeadCount: 1, headSize: 2,
        feedForwardWidth: 6)
    package static let otherBase = {
        var other = base
        other.fingerprint = ObjectID(hashing: Data("other".utf8))
        return other
    }()
    package static let shape = AdapterShape(rank: 2, alpha: 4)
    package static let host = HostKey()

    package static func adapter(
        seed: UInt64 = 1, shape: AdapterShape = shape, base: BaseModel = base
    ) -> Adapter {
        var generator = SplitMix64(state: seed)
        var values: [String: [Float]] = [:]
        for matrix in Adapter.matrices(base: base, shape: shape) {
            for (name, dimensions) in [
                (matrix.aName, matrix.aShape), (matrix.bName, matrix.bShape),
            ] {
                values[name] = (0..<dimensions.reduce(1, *)).map { _ in
                    Float.random(in: -1...1, using: &generator)
                }
            }
        }
        return Adapter(base: base, shape: shape, values: values)
    }

    /// The objects of a checkpoint and its manifest, not stored anywhere.
    package struct Checkpoint {
        package var manifest: Manifest
        package var objects: [Data]
        package var id: CheckpointID { get throws { try manifest.id() } }

        /// Stores it as its own host would.
        @discardableResult
        package func record(in repository: CheckpointRepository) throws -> CheckpointID {
            for object in objects { try repository.objects.put(object) }
            return try repository.record(manifest)
        }

        /// Leaves it in quarantine as a peer would.
        @discardableResult
        package func send(to repository: CheckpointRepository) throws -> CheckpointID {
            for object in objects { try repository.quarantine.put(object) }
            return try repository.quarantine.put(manifest.canonicalBytes())
        }
    }

    package static func checkpoint(
        seed: UInt64 = 1, parents: [CheckpointID] = [], base: BaseModel = base,
        optimizerSize: Int = 3
    ) throws -> Checkpoint {
        let adapter = try adapter(seed: seed, base: base).safetensors()
        let optimizer = try Safetensors.encode([
            Safetensors.Source(
                name: "m", shape: [optimizerSize],
                values: (1..<optimizerSize).map { Float($0) } + [Float(seed)])
        ])
        let metrics = Data("{\"loss\":0.5,\"seed\":\(seed)}".utf8)
        func reference(_ data: Data, _ format: ObjectReference.Format) -> ObjectReference {
            ObjectReference(id: ObjectID(hashing: data), size: data.count, format: format)
        }
        let manifest = Manifest(
            base: base, lora: shape, parents: parents,
            objects: [
                "adapter": reference(adapter, .safetensors),
                "optimizer": reference(optimizer, .safetensors),
                "metrics": reference(metrics, .json),
            ],
            host: host.id, round: 1, seed: seed,
            data: DataCounts(pairs: 100, onlinePairs: 20, heldOutPairs: 25))
        return Checkpoint(manifest: manifest, objects: [adapter, optimizer, metrics])
    }
}
