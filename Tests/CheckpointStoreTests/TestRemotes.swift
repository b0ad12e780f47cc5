import CheckpointStore
import Foundation
import Synchronization

/// Passes everything on and writes down what was called.
final class SpyRemote: Remote {
    private let remote: any Remote
    private let log = Mutex<[String]>([])

    init(_ remote: any Remote) { self.remote = remote }

    var calls: [String] { log.withLock { $0 } }
    var name: String { remote.name }

    private func note(_ call: String) { log.withLock { $0.append(call) } }

    func inventory() async throws -> Inventory {
        note("inventory")
        return try await remote.inventory()
    }

    func missing(of ids: [ObjectID]) async throws -> [ObjectID] {
        note("missing")
        return try await remote.missing(of: ids)
    }

    func get(_ id: ObjectID, from offset: Int) async throws -> ObjectBody {
        note("get")
        return try await remote.get(id, from: offset)
    }

    func received(of id: ObjectID) async throws -> Int {
        note("received")
        return try await remote.received(of: id)
    }

    func put(_ id: ObjectID, size: Int, from offset: Int, body: ObjectBody) async throws {
        note("put")
        try await remote.put(id, size: size, from: offset, body: body)
    }

    func inspect(manifest: Data) async throws {
        note("inspect")
        try await remote.inspect(manifest: manifest)
    }

    func admit(_ checkpoint: CheckpointID, source: String) async throws {
        note("admit")
        try await remote.admit(checkpoint, source: source)
    }

    func putHead(_ head: SignedHead) async throws {
        note("putHead")
        try await remote.putHead(head)
    }

    func putKeyRecord(_ record: KeyRecord) async throws {
        note("putKeyRecord")
        try await remote.putKeyRecord(record)
    }
}

/// A connection that breaks after so many calls or so many bytes sent, for good.
final class CutRemote: Remote {
    enum Limit: Sendable { case calls(Int), bytes(Int) }
    struct Cut: Error {}

    private let remote: any Remote
    private let limit: Limit
    private let passed = Mutex((calls: 0, bytes: 0))

    init(_ remote: any Remote, limit: Limit) {
        self.remote = remote
        self.limit = limit
    }

    var name: String { remote.name }
    var bytesPassed: Int { passed.withLock { $0.bytes } }

    private func call() throws {
        try passed.withLock { passed in
            if case .calls(let most) = limit, passed.calls >= most { throw Cut() }
            if case .bytes(let most) = limit, passed.bytes > most { throw Cut() }
            passed.calls += 1
        }
    }

    /// Lets through what fits, then breaks.
    private func pass(_ piece: Data) throws {
        try passed.withLock { passed in
            passed.bytes += piece.count
            if case .bytes(let most) = limit, passed.bytes > most { throw Cut() }
        }
    }

    func inventory() async throws -> Inventory {
        try call()
        return try await remote.inventory()
    }

    func missing(of ids: [ObjectID]) async throws -> [ObjectID] {
        try call()
        return try await remote.missing(of: ids)
    }

    func get(_ id: ObjectID, from offset: Int) async throws -> ObjectBody {
        try call()
        return try await remote.get(id, from: offset)
    }

    func received(of id: ObjectID) async throws -> Int {
        try call()
        return try await remote.received(of: id)
    }

    func put(_ id: ObjectID, size: Int, from offset: Int, body: ObjectBody) async throws {
        try call()
        let bytes = try await body.reduce(into: Data()) { $0 += $1 }
        let broken = ObjectBody { continuation in
            do {
                for byte in bytes {
                    try self.pass(Data([byte]))
                    continuation.yield(Data([byte]))
                }
                continuation.finish()
            } catch { continuation.finish(throwing: error) }
        }
        try await remote.put(id, size: size, from: offset, body: broken)
    }

    func inspect(manifest: Data) async throws {
        try call()
        try await remote.inspect(manifest: manifest)
    }

    func admit(_ checkpoint: CheckpointID, source: String) async throws {
        try call()
        try await remote.admit(checkpoint, source: source)
    }

    func putHead(_ head: SignedHead) async throws {
        try call()
        try await remote.putHead(head)
    }

    func putKeyRecord(_ record: KeyRecord) async throws {
        try call()
        try await remote.putKeyRecord(record)
    }
}

/// A hostile peer that knows nothing but heads and what hosts say of their keys.
struct FloodRemote: Remote {
    let name = "flood"
    var flood: [SignedHead] = []
    var keyRecords: [KeyRecord]?

    func inventory() -> Inventory { Inventory(heads: flood, keyRecords: keyRecords) }
    func missing(of ids: [ObjectID]) -> [ObjectID] { ids }
    func get(_ id: ObjectID, from offset: Int) throws -> ObjectBody {
        throw CheckpointError.objectMissing(id, place: name)
    }
    func received(of id: ObjectID) -> Int { 0 }
    func put(_ id: ObjectID, size: Int, from offset: Int, body: ObjectBody) {}
    func admit(_ checkpoint: CheckpointID, source: String) {}
    func putHead(_ head: SignedHead) {}
    func putKeyRecord(_ record: KeyRecord) {}
}
