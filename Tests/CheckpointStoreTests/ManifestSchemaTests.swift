import CheckpointStore
import Foundation
import TestSupport
import Testing

/// The published schema and the code accept and refuse the same manifests.
@Suite struct ManifestSchemaTests {
    private static let schema = Result {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: root.appending(path: "Schemas/manifest.schema.json"))
        return try JSONSchema(data)
    }

    /// A change to a good manifest: the field's path and its new value, nil to remove it.
    struct Change: Sendable, CustomTestStringConvertible {
        let path: [String]
        let value: Value?
        var testDescription: String { "\(path.joined(separator: ".")) = \(value, default: "none")" }
    }

    enum Value: Encodable, Sendable {
        case integer(Int), number(Double), string(String), strings([String]), null

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .integer(let value): try container.encode(value)
            case .number(let value): try container.encode(value)
            case .string(let value): try container.encode(value)
            case .strings(let value): try container.encode(value)
            case .null: try container.encodeNil()
            }
        }
    }

    /// Both ends of a range and the values just outside.
    private static func edges(_ path: String, _ range: ClosedRange<Int>) -> [Change] {
        let values = [
            range.lowerBound - 1, range.lowerBound, range.upperBound, range.upperBound + 1,
        ]
        return values.map { Change(path: path.components(separatedBy: "."), value: .integer($0)) }
    }

    private static func each(_ path: String, _ values: [Value]) -> [Change] {
        values.map { Change(path: path.components(separatedBy: "."), value: $0) }
    }

    private static func digests(_ count: Int) -> [String] {
        (0..<count).map { ObjectID(hashing: Data([UInt8($0)])).hex }
    }

    private static let changes: [Change] =
        [
            edges("format", 1...1),
            edges("base.layerCount", ManifestBounds.layerCount),
            edges("base.width", ManifestBounds.width),
            edges("base.headCount", ManifestBounds.headCount),
            each("base.keyValueHeadCount", [.integer(-1), .integer(0), .integer(1)]),
            edges("base.headSize", ManifestBounds.headSize),
            edges("base.feedForwardWidth", ManifestBounds.feedForwardWidth),
            edges("lora.rank", ManifestBounds.rank),
            edges("round", ManifestBounds.count),
            edges("data.pairs", ManifestBounds.count),
            edges("data.onlinePairs", ManifestBounds.count),
            edges("data.heldOutPairs", ManifestBounds.count),
            edges("objects.metrics.size", ManifestBounds.jsonSize),
            edges("objects.optimizer.size", ManifestBounds.objectSize),
            each(
                "lora.alpha",
                [0.0009, 0.001, 0.5, 65_536, 65_536.5, -1].map { Value.number($0) }),
            each(
                "base.name",
                ["", "x", "a\u{1}", "a\u{7F}", "é"].map { Value.string($0) }
                    + [200, 201].map { .string(String(repeating: "n", count: $0)) }),
            each(
                "base.architecture",
                ["", "llama", "Llama", "a-b_c9", "9a", "a b"].map { Value.string($0) }
                    + [32, 33].map { .string(String(repeating: "n", count: $0)) }),
            each("lora.targetModules", [.strings([]), .strings(["x"]), .strings(["attn_q"])]),
            each("lora.targetModules", [.strings(["attn_q", "attn_q"])]),
            each("parents", [0, 1, 8, 9].map { .strings(digests($0)) }),
            each("parents", [.strings(digests(1) + digests(1)), .strings(["../x"])]),
            each("host", [.string(""), .string(String(repeating: "A", count: 64)), .null]),
            each("objects.adapter.id", [.string("../../x"), .integer(1)]),
            each("objects.adapter.format", [.string("json"), .string("pickle")]),
            each("objects.metrics.format", [.string("safetensors"), .string("pickle")]),
            each("seed", [.integer(-1), .integer(0), .string("0"), .null]),
            each("unknown", [.integer(1)]),
            each("base.unknown", [.integer(1)]),
            each("objects.adapter.unknown", [.integer(1)]),
            ["format", "base", "base.name", "lora.rank", "objects.adapter", "objects.metrics.size"]
                .map { Change(path: $0.components(separatedBy: "."), value: nil) },
        ].flatMap { $0 }

    private static let good = Manifest(
        base: BaseModel(
            fingerprint: ObjectID(hashing: Data()), name: "tiny", architecture: "llama",
            layerCount: 1, width: 4, headCount: 1, keyValueHeadCount: 1, headSize: 2,
            feedForwardWidth: 6),
        lora: AdapterShape(rank: 1, alpha: 4, targetModules: [.query]), parents: [],
        objects: [
            "adapter": ObjectReference(
                id: ObjectID(hashing: Data()), size: 24, format: .safetensors),
            "metrics": ObjectReference(id: ObjectID(hashing: Data()), size: 2, format: .json),
            "optimizer": ObjectReference(
                id: ObjectID(hashing: Data()), size: 2, format: .safetensors),
        ],
        host: Sample.host.id, round: 1, seed: 1,
        data: DataCounts(pairs: 1, onlinePairs: 1, heldOutPairs: 1))

    @Test func theyAgreeOnAGoodManifest() throws {
        let bytes = try Self.good.canonicalBytes()
        #expect(try Self.schema.get().accepts(bytes))
        #expect(try Manifest(canonical: bytes) == Self.good)
    }

    @Test(arguments: changes)
    func theyAgreeOnEveryEdge(_ change: Change) throws {
        let bytes = try Self.fittingAdapterSize(Self.apply(change, to: Self.good))
        let isAccepted = (try? Manifest(canonical: bytes)) != nil
        #expect(try Self.schema.get().accepts(bytes) == isAccepted)
    }

    @Test func roleNamesAndTheirNumberAreBounded() throws {
        let good = String(decoding: try Self.good.canonicalBytes(), as: UTF8.self)
        let entry = "{\"format\":\"json\",\"id\":\"\(ObjectID(hashing: Data()))\",\"size\":2}"
        let long = String(repeating: "n", count: 32)
        for role in ["m9-x", "n", long, long + "n", "N", "9", "n_", "", "n/m", "../n"] {
            let text = good.replacing("\"metrics\":", with: "\"\(role)\":")
            let isAccepted = (try? Manifest(canonical: Data(text.utf8))) != nil
            #expect(try Self.schema.get().accepts(Data(text.utf8)) == isAccepted, "\(role)")
            #expect(isAccepted == ["m9-x", "n", long].contains(role))
        }
        for count in [13, 14] {
            let more = (0..<count).map {
                "\"n\(Character(UnicodeScalar(97 + UInt8($0))))\":\(entry)"
            }
            let text = good.replacing(
                "\"optimizer\":", with: more.joined(separator: ",") + ",\"optimizer\":")
            let isAccepted = (try? Manifest(canonical: Data(text.utf8))) != nil
            #expect(try Self.schema.get().accepts(Data(text.utf8)) == isAccepted)
            #expect(isAccepted == (count == 13))
        }
    }

    private static func apply(_ change: Change, to manifest: Manifest) throws -> [String: Any] {
        let document = try JSONSerialization.jsonObject(with: manifest.canonicalBytes())
        let value = try change.value.map {
            try JSONSerialization.jsonObject(
                with: JSONEncoder().encode($0), options: .fragmentsAllowed)
        }
        func set(_ object: [String: Any], _ path: ArraySlice<String>) -> [String: Any] {
            var object = object
            guard let key = path.first else { return object }
            object[key] =
                path.count == 1
                ? value : set(object[key] as? [String: Any] ?? [:], path.dropFirst())
            return object
        }
        return set(try #require(document as? [String: Any]), change.path[...])
    }

    /// Gives the adapter the size that its shape demands, which the schema cannot know.
    private static func fittingAdapterSize(_ document: [String: Any]) throws -> Data {
        var document = document
        if var objects = document["objects"] as? [String: Any],
            var adapter = objects["adapter"] as? [String: Any],
            let base = document["base"] as? [String: Any],
            let lora = document["lora"] as? [String: Any]
        {
            func integer(_ fields: [String: Any], _ key: String) -> Int { fields[key] as? Int ?? 0 }
            let widths =
                integer(base, "width") + integer(base, "headCount") * integer(base, "headSize")
            adapter["size"] = 4 * integer(lora, "rank") * integer(base, "layerCount") * widths
            if integer(lora, "rank") * integer(base, "layerCount") < 0 { adapter["size"] = 0 }
            objects["adapter"] = adapter
            document["objects"] = objects
        }
        return try JSONSerialization.data(
            withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes])
    }
}
