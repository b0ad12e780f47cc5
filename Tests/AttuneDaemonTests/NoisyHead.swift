import AttuneDaemon
import CheckpointStore
import FeedbackStore
import LanguageModel
import Testing

extension Daemon {
    /// Makes a checkpoint whose adapter adds noise of this size to the model, and puts it to use.
    func promote(noise: Float, _ kind: StoredPromotion.Kind) async throws {
        let model = try await models.current()
        let configuration = LoRAConfiguration(rank: 1, alpha: 1)
        var adapter = LoRAAdapter(
            configuration: configuration, model: model.transformer.configuration, seed: 7)
        var generator = SeededGenerator(seed: 7)
        for matrix in adapter.layout.matrices {
            for index in matrix.bRange {
                adapter.parameters[index] = noise * Float(generator.uniform() - 0.5)
            }
        }
        let data = try Adapter(adapter, base: model.base).safetensors()
        let object = ObjectReference(
            id: try checkpoints.repository.objects.put(data), size: data.count,
            format: .safetensors)
        let id = try checkpoints.repository.record(
            Manifest(
                base: model.base, lora: AdapterShape(configuration), parents: [],
                objects: [Manifest.adapterRole: object], host: checkpoints.key.id, round: 1,
                seed: 7, data: DataCounts(pairs: 1, onlinePairs: 0, heldOutPairs: 0)))
        try store.register(checkpoint: id.hex, origin: "laptop")
        #expect(
            try checkpoints.promote(id, kind, gate: nil, ifHeadIs: store.head()))
    }
}
