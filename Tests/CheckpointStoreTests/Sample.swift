import CheckpointStore
import Foundation

/// A directory that goes away with the value; in memory where the system has such a place, since
/// tests make thousands of files durable.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let memory = "/dev/shm"
        let parent =
            FileManager.default.isWritableFile(atPath: memory)
            ? memory : FileManager.default.temporaryDirectory.path
        path = parent + "/attune-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Flips a bit of an object, wherever below it lies.
    func damage(_ id: ObjectID) throws {
        for (name, bytes) in try files() where name.hasSuffix("/\(id)") {
            var bytes = bytes
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(filePath: "\(path)/\(name)"))
        }
    }

    /// Every regular file below, by relative path.
    func files() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            let file = "\(path)/\(name)"
            let type = try FileManager.default.attributesOfItem(atPath: file)[.type]
            guard type as? FileAttributeType == .typeRegular else { continue }
            files[name] = try Data(contentsOf: URL(filePath: file))
        }
        return files
    }
}

/// SplitMix64: the same numbers for the same seed everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A tiny base, adapters and checkpoints for it.
enum Sample {
    static let base = BaseModel(
        fingerprint: ObjectID(hashing: Data("base".utf8)), name: "tiny", architecture: "llama",
        layerCount: 1, width: 4, headCount: 2, keyValueHeadCount: 1, headSize: 2,
        feedForwardWidth: 6)
    static let otherBase = {
        var other = base
        other.fingerprint = ObjectID(hashing: Data("other".utf8))
        return other
    }()
    static let shape = AdapterShape(rank: 2, alpha: 4)
    static let host = HostKey()

    static func adapter(
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
    struct Checkpoint {
        var manifest: Manifest
        var objects: [Data]
        var id: CheckpointID { get throws { try manifest.id() } }

        /// Stores it as its own host would.
        @discardableResult
        func record(in repository: CheckpointRepository) throws -> CheckpointID {
            for object in objects { try repository.objects.put(object) }
            return try repository.record(manifest)
        }

        /// Leaves it in quarantine as a peer would.
        @discardableResult
        func send(to repository: CheckpointRepository) throws -> CheckpointID {
            for object in objects { try repository.quarantine.put(object) }
            return try repository.quarantine.put(manifest.canonicalBytes())
        }
    }

    static func checkpoint(
        seed: UInt64 = 1, parents: [CheckpointID] = [], base: BaseModel = base
    ) throws -> Checkpoint {
        let adapter = try adapter(seed: seed).safetensors()
        let optimizer = try Safetensors.encode([
            Safetensors.Source(name: "m", shape: [3], values: [1, 2, Float(seed)])
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
