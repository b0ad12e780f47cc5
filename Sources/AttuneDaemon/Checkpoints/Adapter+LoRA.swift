package import CheckpointStore
package import LanguageModel

extension Adapter {
    /// The engine's flat vector as the named matrices that a checkpoint stores.
    package init(_ lora: LoRAAdapter, base: BaseModel) {
        var values: [String: [Float]] = [:]
        for matrix in lora.layout.matrices {
            values[matrix.name + ".lora_a"] = Array(lora.parameters[matrix.aRange])
            values[matrix.name + ".lora_b"] = Array(lora.parameters[matrix.bRange])
        }
        self.init(base: base, shape: AdapterShape(lora.configuration), values: values)
    }

    /// The stored matrices as the engine's flat vector.
    ///
    /// - Errors: `EngineError` when the adapter does not fit the model.
    func lora(for model: ModelConfiguration) throws -> LoRAAdapter {
        let configuration = LoRAConfiguration(shape)
        let layout = LoRALayout(configuration: configuration, model: model)
        var parameters = [Float](repeating: 0, count: layout.parameterCount)
        for matrix in layout.matrices {
            guard let a = values[matrix.name + ".lora_a"], a.count == matrix.aRange.count,
                let b = values[matrix.name + ".lora_b"], b.count == matrix.bRange.count
            else { throw EngineError.adapterMisfit(matrix: matrix.name) }
            parameters.replaceSubrange(matrix.aRange, with: a)
            parameters.replaceSubrange(matrix.bRange, with: b)
        }
        return try LoRAAdapter(
            configuration: configuration, model: model, parameters: parameters)
    }
}

extension AdapterShape {
    /// Modules in the order of the cases, each once, as manifests have them.
    package init(_ configuration: LoRAConfiguration) {
        self.init(
            rank: configuration.rank, alpha: Double("\(configuration.alpha)") ?? .nan,
            targetModules: AdapterTarget.allCases.filter { target in
                configuration.targetModules.contains { $0.rawValue == target.rawValue }
            })
    }
}

extension LoRAConfiguration {
    init(_ shape: AdapterShape) {
        self.init(
            rank: shape.rank, alpha: Float(shape.alpha),
            targetModules: shape.targetModules.compactMap { TargetModule(rawValue: $0.rawValue) })
    }
}
