public import Foundation

/// What a checkpoint is: which objects, trained on which base, from which parents, by which host.
///
/// The canonical bytes of the manifest are an object themselves and their SHA-256 is the
/// ``CheckpointID``. Nothing in it depends on the clock, so an interrupted and an uninterrupted
/// round give the same id.
///
/// - Source: `Schemas/manifest.schema.json`.
public struct Manifest: Codable, Hashable, Sendable {
    public static let currentFormat = 1
    /// Canonical bytes a reader takes at most: 64 KiB.
    public static let maximumSize = 64 << 10

    public var format = Manifest.currentFormat
    public var base: BaseModel
    public var lora: AdapterShape
    /// Checkpoints this one continues: none for the first, two for a merge.
    public var parents: [CheckpointID]
    /// By role: "adapter" always; "optimizer", "learner", "metrics" and others as the trainer
    /// needs.
    public var objects: [String: ObjectReference]
    public var host: HostID
    /// The how-manieth round of its host made it.
    public var round: Int
    public var seed: UInt64
    public var data: DataCounts

    public init(
        base: BaseModel, lora: AdapterShape, parents: [CheckpointID],
        objects: [String: ObjectReference], host: HostID, round: Int, seed: UInt64, data: DataCounts
    ) {
        self.base = base
        self.lora = lora
        self.parents = parents
        self.objects = objects
        self.host = host
        self.round = round
        self.seed = seed
        self.data = data
    }
}

/// An object as a manifest names it.
public struct ObjectReference: Codable, Hashable, Sendable {
    /// What the bytes are, and so how a receiver checks them.
    public enum Format: String, Codable, CaseIterable, Sendable {
        case safetensors
        case json
    }

    public var id: ObjectID
    /// In bytes.
    public var size: Int
    public var format: Format

    public init(id: ObjectID, size: Int, format: Format) {
        self.id = id
        self.size = size
        self.format = format
    }
}

/// How much feedback a checkpoint's round saw.
public struct DataCounts: Codable, Hashable, Sendable {
    public var pairs: Int
    public var onlinePairs: Int
    public var heldOutPairs: Int

    public init(pairs: Int, onlinePairs: Int, heldOutPairs: Int) {
        self.pairs = pairs
        self.onlinePairs = onlinePairs
        self.heldOutPairs = heldOutPairs
    }
}

extension Manifest {
    /// The role that every checkpoint has.
    public static let adapterRole = "adapter"
    /// What was measured while it was made; stays when the rest is collected.
    public static let metricsRole = "metrics"

    /// The bytes that are hashed, stored and sent (``JSONValue/canonical()``).
    public func canonicalBytes() throws -> Data {
        try validate()
        return try JSONValue.canonicalBytes(of: self, "manifest")
    }

    public func id() throws -> CheckpointID { ObjectID(hashing: try canonicalBytes()) }

    /// Reads canonical bytes and checks every bound; hostile input throws.
    public init(canonical bytes: Data) throws {
        guard bytes.count <= Self.maximumSize else {
            throw CheckpointError.tooLarge("the manifest", limit: Self.maximumSize)
        }
        try Self.checkFormat(bytes)
        self = try JSONValue.decode(Self.self, canonical: bytes, "manifest")
        try validate()
    }

    /// The format comes first: a later one may change every other field.
    private static func checkFormat(_ bytes: Data) throws {
        guard case .object(let members) = try JSONParser.parse(bytes, "manifest"),
            case .number(let digits) = members["format"], let format = Int(digits)
        else {
            throw CheckpointError.malformed(
                "manifest", field: "format", reason: "an integer was expected")
        }
        guard format == currentFormat else {
            throw CheckpointError.unsupportedFormat(
                "manifest", found: format, supported: currentFormat)
        }
    }

    /// The object of a role, or an error that names it.
    public func object(_ role: String) throws -> ObjectReference {
        guard let reference = objects[role] else {
            throw CheckpointError.malformed(
                "manifest", field: "objects.\(role)", reason: "it is missing")
        }
        return reference
    }
}
