package import Foundation

extension Adapter {
    /// Writes what Hugging Face PEFT loads: `adapter_config.json`, `adapter_model.safetensors` and
    /// a small `README.md`.
    ///
    /// Tensors carry Hugging Face's names, rows of query and key `lora_B` its half-split order.
    ///
    /// - Parameter baseModelName: what `base_model_name_or_path` says; nil takes the base's own
    ///   name.
    /// - Golden: `Fixtures/peft`, made by `Tools/golden/peft_export.py`; live:
    ///   `Tools/compare/adapter_export.py`.
    public func exportPEFT(to directory: String, baseModelName: String? = nil) throws {
        try export(peftFiles(baseModelName: baseModelName ?? base.name), to: directory)
    }

    /// The files of the export by name.
    package func peftFiles(baseModelName: String) throws -> [String: Data] {
        try requireExportable()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let configuration = PEFTConfiguration(
            baseModel: baseModelName, rank: shape.rank, alpha: shape.alpha,
            targetModules: shape.targetModules.map(\.huggingFaceName))
        return try [
            "adapter_config.json": encoder.encode(configuration) + Data("\n".utf8),
            "adapter_model.safetensors": Safetensors.encode(
                matrices.flatMap(peftTensors), metadata: ["format": "pt"]),
            "README.md": Data(modelCard(baseModelName: baseModelName).utf8),
        ]
    }

    private func peftTensors(of matrix: Matrix) -> [Safetensors.Source] {
        let group = matrix.target.isAttention ? "self_attn" : "mlp"
        let module = matrix.target.huggingFaceName
        let prefix = "base_model.model.model.layers.\(matrix.layer).\(group).\(module)"
        return [
            Safetensors.Source(
                name: prefix + ".lora_A.weight", shape: matrix.aShape, values: a(of: matrix)),
            Safetensors.Source(
                name: prefix + ".lora_B.weight", shape: matrix.bShape, values: halfSplitB(matrix)),
        ]
    }

    private func halfSplitB(_ matrix: Matrix) -> [Float] {
        guard matrix.target.isRotated else { return b(of: matrix) }
        return RotaryRows.halfSplit(
            fromInterleaved: b(of: matrix), headSize: base.headSize, rowWidth: matrix.rank)
    }

    private func modelCard(baseModelName: String) -> String {
        let modules = shape.targetModules.map(\.huggingFaceName).joined(separator: ", ")
        return """
            ---
            base_model: \(quotedForYAML(baseModelName))
            library_name: peft
            tags: [lora, dpo, attune]
            ---
            # LoRA adapter from Attune

            Rank \(shape.rank), alpha \(shape.alpha), on \(modules).

            Trained on the GGUF file with SHA-256 `\(base.fingerprint)`. On weights of another
            precision its effect is close, not the same; on another model it is wrong without a warning.

            ```python
            from peft import PeftModel
            model = PeftModel.from_pretrained(base_model, "path/of/this/directory")
            ```

            """
    }

    private func quotedForYAML(_ text: String) -> String {
        String(decoding: JSONValue.string(text).canonical(), as: UTF8.self)
    }
}

/// The fields of `adapter_config.json` that PEFT needs; it fills in the rest.
private struct PEFTConfiguration: Encodable {
    let baseModel: String
    let rank: Int
    let alpha: Double
    let targetModules: [String]
    let type = "LORA"
    let taskType = "CAUSAL_LM"
    let bias = "none"
    let dropout = 0.0
    let isInference = true
    let fanInFanOut = false

    enum CodingKeys: String, CodingKey {
        case baseModel = "base_model_name_or_path"
        case rank = "r"
        case alpha = "lora_alpha"
        case targetModules = "target_modules"
        case type = "peft_type"
        case taskType = "task_type"
        case bias
        case dropout = "lora_dropout"
        case isInference = "inference_mode"
        case fanInFanOut = "fan_in_fan_out"
    }
}

extension AdapterTarget {
    var huggingFaceName: String {
        switch self {
        case .query: "q_proj"
        case .key: "k_proj"
        case .value: "v_proj"
        case .output: "o_proj"
        case .gate: "gate_proj"
        case .up: "up_proj"
        case .down: "down_proj"
        }
    }

    var isAttention: Bool { [.query, .key, .value, .output].contains(self) }

    /// Whether rotary embedding acts on what the weight gives.
    var isRotated: Bool { self == .query || self == .key }
}
