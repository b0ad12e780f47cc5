/// The bounds of a manifest; `Schemas/manifest.schema.json` states the same ones.
package enum ManifestBounds {
    package static let rank = 1...1024
    package static let alpha = 0.001...65_536.0
    package static let layerCount = 1...512
    package static let width = 1...65_536
    package static let headCount = 1...1024
    package static let headSize = 1...1024
    package static let feedForwardWidth = 1...1_048_576
    package static let parents = 0...8
    package static let objects = 1...16
    package static let objectSize = 0...ObjectStore.maximumObjectSize
    package static let jsonSize = 0...16_777_216
    package static let count = 0...2_147_483_647
    package static let nameLength = 1...200
    package static let namePattern = "^[^\\u0000-\\u001f\\u007f]*$"
    package static let rolePattern = "^[a-z][a-z0-9-]{0,31}$"
    package static let architecturePattern = "^[a-z][a-z0-9_-]{0,31}$"
}

extension Manifest {
    /// Throws for the first field outside its bounds and names it.
    public func validate() throws {
        guard format == Self.currentFormat else {
            throw CheckpointError.unsupportedFormat(
                "manifest", found: format, supported: Self.currentFormat)
        }
        try validateBase()
        try check("lora.rank", lora.rank, ManifestBounds.rank)
        try check("lora.alpha", lora.alpha, ManifestBounds.alpha)
        let ordered = AdapterTarget.allCases.filter(lora.targetModules.contains)
        try require("lora.targetModules", !ordered.isEmpty, "at least one module is needed")
        try require(
            "lora.targetModules", lora.targetModules == ordered,
            "modules must stand once each, in the order q, k, v, output, gate, up, down")
        try check("parents", parents.count, ManifestBounds.parents)
        try require("parents", Set(parents).count == parents.count, "a parent occurs twice")
        try validateObjects()
        try check("round", round, ManifestBounds.count)
        try check("data.pairs", data.pairs, ManifestBounds.count)
        try check("data.onlinePairs", data.onlinePairs, ManifestBounds.count)
        try check("data.heldOutPairs", data.heldOutPairs, ManifestBounds.count)
    }

    private func validateBase() throws {
        try check("base.name", base.name.unicodeScalars.count, ManifestBounds.nameLength)
        try require(
            "base.name", base.name.unicodeScalars.allSatisfy { $0.value > 31 && $0.value != 127 },
            "a control character stands in it")
        try require(
            "base.architecture", Self.isWord(base.architecture, allowing: "_-"),
            "it must be a short lower-case word")
        try check("base.layerCount", base.layerCount, ManifestBounds.layerCount)
        try check("base.width", base.width, ManifestBounds.width)
        try check("base.headCount", base.headCount, ManifestBounds.headCount)
        try check("base.keyValueHeadCount", base.keyValueHeadCount, ManifestBounds.headCount)
        try require(
            "base.keyValueHeadCount", base.headCount.isMultiple(of: base.keyValueHeadCount),
            "it does not divide headCount")
        try check("base.headSize", base.headSize, ManifestBounds.headSize)
        try check(
            "base.feedForwardWidth", base.feedForwardWidth, ManifestBounds.feedForwardWidth)
    }

    private func validateObjects() throws {
        try check("objects", objects.count, ManifestBounds.objects)
        for (role, reference) in objects.sorted(by: { $0.key < $1.key }) {
            try require(
                "objects.\(quoted(role))", Self.isWord(role, allowing: "-"),
                "a role must be a short lower-case word")
            try check(
                "objects.\(role).size", reference.size,
                reference.format == .json ? ManifestBounds.jsonSize : ManifestBounds.objectSize)
        }
        let adapter = try object(Self.adapterRole)
        try require(
            "objects.adapter.format", adapter.format == .safetensors,
            "an adapter must be safetensors")
        let weights = 4 * Adapter.parameterCount(base: base, shape: lora)
        try require(
            "objects.adapter.size",
            (weights...weights + 8 + Safetensors.maximumHeaderSize).contains(adapter.size),
            "\(adapter.size) bytes cannot hold exactly the \(weights) bytes of weights")
    }

    /// Matches `^[a-z][a-z0-9…]{0,31}$`.
    private static func isWord(_ text: String, allowing extra: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first) else { return false }
        return text.utf8.count <= 32
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0)
                    || extra.utf8.contains($0)
            }
    }

    private func check<Value>(_ field: String, _ value: Value, _ range: ClosedRange<Value>) throws {
        try require(
            field, range.contains(value),
            "\(value) is outside \(range.lowerBound)…\(range.upperBound)")
    }

    private func require(_ field: String, _ holds: Bool, _ reason: String) throws {
        guard holds else {
            throw CheckpointError.malformed("manifest", field: field, reason: reason)
        }
    }
}
