package import ControlAPI

/// Base models in words.
package enum ModelText {
    package static func table(_ models: [ModelReport]) -> String {
        guard !models.isEmpty else { return "no models; `attunectl model add FILE` registers one" }
        var table = Table(
            "", "name", "architecture", ">layers", ">width", ">context", ">size", "file")
        for model in models {
            table.add(
                model.inUse ? "*" : "", model.name, model.architecture, "\(model.layers)",
                "\(model.width)", "\(model.contextLength)", Format.bytes(model.size), model.path)
        }
        return table.text
    }

    package static func model(_ model: ModelReport) -> String {
        var facts = Facts()
        facts.add("name", model.name + (model.inUse ? ", in use" : ""))
        facts.add("file", "\(model.path), \(Format.bytes(model.size))")
        facts.add("SHA-256", model.fingerprint)
        facts.add(
            "shape",
            "\(model.architecture), \(model.layers) layers, width \(model.width), "
                + "context \(model.contextLength), vocabulary \(model.vocabularySize)")
        return facts.text
    }

    package static func tokens(_ result: Tokenization) -> String {
        zip(result.tokens, result.pieces)
            .map { "\($0)\t\(quoted($1))" }.joined(separator: "\n")
    }

    /// A piece with its white space to be seen.
    private static func quoted(_ piece: String) -> String {
        let escaped = piece.unicodeScalars.map { $0.escaped(asASCII: false) }.joined()
        return "\"\(escaped)\""
    }
}
