package import CheckpointStore
import ControlAPI
package import LanguageModel

/// A base model in memory, with the identity that checkpoints know it by.
package struct LoadedModel: Sendable {
    package let name: String
    package let base: BaseModel
    package let transformer: Transformer

    /// Maps and checks a GGUF file whose fingerprint is known.
    ///
    /// - Errors: ``ControlError`` that names the file, for one that is no usable model.
    package init(name: String, path: String, fingerprint: ObjectID) throws {
        let transformer: Transformer
        do {
            transformer = try Transformer(file: GGUFFile(path: path))
        } catch {
            let fault = ControlError(describing: error)
            throw ControlError(fault.kind, "cannot use the model file \(path): \(fault.message)")
        }
        self.name = name
        self.transformer = transformer
        base = BaseModel(transformer.configuration, name: name, fingerprint: fingerprint)
    }
}

extension BaseModel {
    init(_ configuration: ModelConfiguration, name: String, fingerprint: ObjectID) {
        self.init(
            fingerprint: fingerprint, name: name, architecture: configuration.architecture,
            layerCount: configuration.layerCount, width: configuration.width,
            headCount: configuration.headCount,
            keyValueHeadCount: configuration.keyValueHeadCount, headSize: configuration.headSize,
            feedForwardWidth: configuration.feedForwardWidth)
    }
}
