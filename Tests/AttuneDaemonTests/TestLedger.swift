import AttuneDaemon
import CheckpointStore
import FeedbackFormats
import FeedbackStore
import Foundation
import PreferenceLearning

/// A store and its checkpoints in a temporary directory, without a model or a daemon.
final class TestLedger {
    let directory = TemporaryDirectory.path()
    let library: CheckpointLibrary
    var store: FeedbackStore { library.store }

    static let model = ObjectID(hashing: Data("model".utf8))

    init() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let repository = CheckpointRepository(directory: directory)
        library = CheckpointLibrary(
            repository: repository, store: try FeedbackStore(path: directory + "/attune.sqlite"),
            identity: try HostIdentity(path: directory + "/host.key", heads: repository.heads))
        try use("tiny", Self.model)
    }

    deinit {
        try? store.close()
        TemporaryDirectory.remove(directory)
    }

    /// Stores and registers a checkpoint that differs from those with another number.
    func checkpoint(
        _ number: Int, from origin: String = StoredCheckpoint.mergeOrigin,
        isRegistered: Bool = true
    ) throws -> CheckpointID {
        let base = BaseModel(
            fingerprint: Self.model, name: "tiny", architecture: "llama", layerCount: 1, width: 8,
            headCount: 2, keyValueHeadCount: 1, headSize: 4, feedForwardWidth: 16)
        let shape = AdapterShape(rank: 2, alpha: 4)
        var values: [String: [Float]] = [:]
        for matrix in Adapter.matrices(base: base, shape: shape) {
            for (name, dimensions) in [
                (matrix.aName, matrix.aShape), (matrix.bName, matrix.bShape),
            ] {
                values[name] = Array(
                    repeating: Float(number), count: dimensions.reduce(1, *))
            }
        }
        let data = try Adapter(base: base, shape: shape, values: values).safetensors()
        let adapter = ObjectReference(
            id: try library.repository.objects.put(data), size: data.count, format: .safetensors)
        let id = try library.repository.record(
            Manifest(
                base: base, lora: shape, parents: [], objects: [Manifest.adapterRole: adapter],
                host: library.key.id, round: max(number, 1), seed: 1,
                data: DataCounts(pairs: 1, onlinePairs: 0, heldOutPairs: 0)))
        if isRegistered { try store.register(checkpoint: id.hex, origin: origin) }
        return id
    }

    /// Registers a model of this fingerprint and puts it to use.
    func use(_ name: String, _ fingerprint: ObjectID) throws {
        try store.record(
            StoredModel(
                name: name, path: "/\(name)", sha256: fingerprint.hex, size: 1,
                modifiedAt: Date(timeIntervalSince1970: 0)))
        try store.activateModel(name) { _, _ in false }
    }

    /// Makes a checkpoint the head, as a person does.
    func promote(_ id: CheckpointID) throws {
        try store.promote(id.hex, .forced)
    }

    /// The plan of a round that starts from the present head.
    func plan(window: [PairExample] = []) throws -> RoundRecord {
        RoundRecord(
            plan: RoundPlan(
                seed: 1, window: window, heldOut: [], startCheckpoint: try store.head()),
            model: Self.model)
    }
}
