public import Foundation

/// A repository of this process as a remote: what the daemon does for its peers, without the wire.
public struct StoreRemote: Remote {
    public let name: String
    public let repository: CheckpointRepository
    /// The local model; checkpoints of another one are refused.
    public let base: BaseModel
    /// Checkpoints whose objects were let go.
    public var collected: Set<CheckpointID> = []

    public init(name: String, repository: CheckpointRepository, base: BaseModel) {
        self.name = name
        self.repository = repository
        self.base = base
    }

    public func inventory() throws -> Inventory {
        let heads = try repository.heads.all()
        let known = repository.objects.withAncestors(heads.map(\.checkpoint))
        return Inventory(
            heads: heads,
            incomplete: repository.objects.incomplete(
                among: known.filter { !collected.contains($0) }),
            collected: collected.sorted(), keyRecords: try repository.heads.keys.all().records)
    }

    public func missing(of ids: [ObjectID]) -> [ObjectID] { repository.missing(of: ids) }

    public func get(_ id: ObjectID, from offset: Int) throws -> ObjectBody {
        try repository.objects.stream(of: id, from: offset)
    }

    public func received(of id: ObjectID) -> Int { repository.received(of: id) }

    public func put(_ id: ObjectID, size: Int, from offset: Int, body: ObjectBody) async throws {
        try await repository.receive(id, size: size, from: offset).takeAll(
            of: body, id: id, size: size)
    }

    public func inspect(manifest: Data) throws {
        try repository.inspect(manifest: manifest, base: base)
    }

    public func admit(_ checkpoint: CheckpointID, source: String) throws {
        try repository.admit(checkpoint, base: base)
    }

    public func putHead(_ head: SignedHead) throws { try repository.receiveHead(head) }

    public func putKeyRecord(_ record: KeyRecord) throws { try repository.heads.put(record) }
}

extension ObjectWriter {
    /// Stores the rest of an object of known size; what is shorter or longer is not stored.
    func takeAll(of body: ObjectBody, id: ObjectID, size: Int) async throws {
        for try await chunk in body { try append(chunk) }
        guard self.size == size else {
            throw CheckpointError.sizeMismatch(id, expected: size, found: self.size)
        }
        try finish()
    }
}
