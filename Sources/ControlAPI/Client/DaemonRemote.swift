public import CheckpointStore
public import Foundation

/// A daemon as a place that checkpoints come from and go to.
public struct DaemonRemote: Remote {
    public let name: String
    private let client: ControlClient

    /// - Parameter name: What people call it, and what the other side records as the source of what it gave.
    public init(name: String, client: ControlClient) {
        self.name = name
        self.client = client
    }

    public func inventory() async throws -> Inventory {
        let report = try await client.send(ControlRoutes.listHeads, HeadsQuery(losses: true))
        return Inventory(
            host: report.host, heads: report.heads, incomplete: report.incomplete ?? [],
            collected: report.collected ?? [], keyRecords: report.keyRecords)
    }

    public func missing(of ids: [ObjectID]) async throws -> [ObjectID] {
        var missing: [ObjectID] = []
        for start in stride(from: 0, to: ids.count, by: ObjectList.maximumCount) {
            let part = ids[start..<min(start + ObjectList.maximumCount, ids.count)]
            missing += try await client.send(
                ControlRoutes.missingObjects, ObjectList(ids: Array(part))
            ).ids
        }
        return missing
    }

    public func get(_ id: ObjectID, from offset: Int) async throws -> ObjectBody {
        do {
            return try await client.download(object: id, from: offset)
        } catch let error as ControlError where [.notFound, .integrity].contains(error.kind) {
            // Damaged is as good as missing: the daemon has set it aside.
            throw CheckpointError.objectMissing(id, place: name)
        }
    }

    public func received(of id: ObjectID) async throws -> Int {
        try await client.send(ControlRoutes.receivedBytes, at: id.hex).bytes
    }

    public func put(_ id: ObjectID, size: Int, from offset: Int, body: ObjectBody) async throws {
        try await judged("object \(id.short)") {
            try await client.upload(object: id, size: size, from: offset, body: body)
        }
    }

    public func inspect(manifest: Data) async throws {
        try await judged("checkpoint \(ObjectID(hashing: manifest).short)") {
            try await client.inspect(manifest: manifest)
        }
    }

    public func admit(_ checkpoint: CheckpointID, source: String) async throws {
        try await judged("checkpoint \(checkpoint.short)") {
            _ = try await client.send(
                ControlRoutes.receiveCheckpoint, Reception(source: source), at: checkpoint.hex)
        }
    }

    public func putHead(_ head: SignedHead) async throws {
        try await judged("the head of host \(head.host.short)") {
            try await client.send(
                ControlRoutes.putHead, HeadDelivery(head: head), at: head.host.description)
        }
    }

    public func putKeyRecord(_ record: KeyRecord) async throws {
        try await judged("what host \(record.host.short) says of its key") {
            try await client.send(
                ControlRoutes.putKeyRecord, KeyRecordDelivery(record: record),
                at: record.host.description)
        }
    }

    /// Turns the daemon's judgement about what is offered into a refusal, which ends only this checkpoint or head.
    private func judged(_ what: String, _ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as ControlError where error.kind.isJudgement {
            throw CheckpointError.refused(what, by: name, reason: error.message)
        }
    }
}

extension ErrorKind {
    /// Whether the cause lies in the thing offered, not in the place or the way to it.
    fileprivate var isJudgement: Bool {
        switch self {
        case .integrity, .wrongBase, .staleHead, .notFound, .tooLarge, .refusedByPolicy: true
        default: false
        }
    }
}
