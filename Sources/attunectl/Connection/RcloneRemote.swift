package import CheckpointStore
import ControlAPI
package import Foundation

/// A store that rclone reaches as a place that checkpoints go through: a bucket, a WebDAV folder, a cloud drive.
///
/// `objects/ab/<id>/<start>-<end>-<size>-<writer>`, the parts of each object, and `heads/<host>/<counter>.json`. Nothing is
/// expected of the store but that a file of the right length is whole: writers need no lock and no rename, since all
/// files are write-once, and whoever reads checks hashes and signatures. What was cut goes on at the last whole part.
package struct RcloneRemote: Remote {
    package let name: String
    private let rclone: Rclone
    private let heads: RcloneHeads
    private let manifests: RcloneManifests
    /// In bytes; a part is held in memory while it is sent.
    private let partSize: Int

    /// Its answers take long, whatever they are about.
    package var concurrency: Int { 4 }

    /// - Parameter cache: where heads that were fetched before are kept.
    package init(_ rclone: Rclone, cache: String, partSize: Int = 8 << 20) {
        name = "rclone:" + rclone.remote
        self.rclone = rclone
        self.partSize = partSize
        heads = RcloneHeads(rclone: rclone, cache: cache + "/heads")
        manifests = RcloneManifests(rclone: rclone, cache: cache + "/manifests")
    }

    package func inventory() async throws -> Inventory {
        var inventory = try await heads.inventory()
        inventory.incomplete = try await incomplete(behind: inventory.heads.map(\.checkpoint))
        return inventory
    }

    package func missing(of ids: [ObjectID]) async throws -> [ObjectID] {
        let found = try await parts(of: ids)
        return ids.filter { found[$0]?.wholeSize == nil }
    }

    package func received(of id: ObjectID) async throws -> Int {
        guard let found = try await parts(of: [id])[id], found.wholeSize == nil else { return 0 }
        return found.received
    }

    package func get(_ id: ObjectID, from offset: Int) async throws -> ObjectBody {
        guard let found = try await parts(of: [id])[id], found.wholeSize != nil else {
            throw CheckpointError.objectMissing(id, place: name)
        }
        let reader = PartReader(parts: found.leading.filter { $0.end > offset }, offset: offset) {
            try await content(of: $0, id)
        }
        return ObjectBody {
            if let piece = try await reader.next() { return piece }
            let hash = await reader.hash
            guard offset == 0, hash != id else { return nil }
            // Looked at twice: what is read wrong here only is not to be removed for all. Then it is as good as
            // missing, and whoever has it gives it again.
            if try await hashOfLeading(found.leading, id) != id {
                try? await delete(found.leading, of: id)
            }
            throw CheckpointError.hashMismatch(expected: id, found: hash, place: name)
        }
    }

    /// The last part is sent only when the hash of the whole is right, so what is not right is never whole.
    package func put(
        _ id: ObjectID, size: Int, from offset: Int, body: ObjectBody
    ) async throws {
        guard (0...ObjectStore.maximumObjectSize).contains(size), (0...size).contains(offset) else {
            throw CheckpointError.tooLarge("object \(id)", limit: ObjectStore.maximumObjectSize)
        }
        let known = try await files(of: [id])[id].map { ObjectParts($0, size: size) }
        guard offset <= known?.received ?? 0 else {
            throw CheckpointError.sizeMismatch(id, expected: offset, found: known?.received ?? 0)
        }
        let writer = UUID().uuidString.lowercased().filter { $0 != "-" }
        var hasher = ObjectHasher()
        var kept: [ObjectPart] = []
        var waiting = Data()
        for part in known?.leading ?? [] where part.start < offset {
            let piece = try await content(of: part, id).prefix(offset - part.start)
            hasher.update(piece)
            if part.end <= offset { kept.append(part) } else { waiting = piece }
        }
        var length = offset
        func send(_ count: Int) async throws {
            let start = kept.last?.end ?? 0
            let part = ObjectPart(start: start, end: start + count, size: size, writer: writer)
            try await rclone.store(waiting.prefix(count), as: Self.path(of: part, id))
            waiting = Data(waiting.dropFirst(count))
            kept.append(part)
        }
        for try await piece in body {
            length += piece.count
            guard length <= size else {
                throw CheckpointError.tooLarge("object \(id)", limit: size)
            }
            hasher.update(piece)
            waiting += piece
            while waiting.count > partSize { try await send(partSize) }
        }
        guard length == size else {
            throw CheckpointError.sizeMismatch(id, expected: size, found: length)
        }
        guard hasher.id == id else {
            // With what it went on from, which may be what is wrong.
            try await delete(kept, of: id)
            throw CheckpointError.hashMismatch(expected: id, found: hasher.id, place: name)
        }
        try await send(waiting.count)
    }

    package func inspect(manifest: Data) throws { _ = try Manifest(canonical: manifest) }

    package func admit(_ checkpoint: CheckpointID, source: String) async throws {
        guard try await missing(of: [checkpoint]).isEmpty else {
            throw CheckpointError.incomplete(checkpoint, missing: [checkpoint])
        }
        let references = try await manifest(of: checkpoint).objects.values
        let found = try await files(of: references.map(\.id))
        let missing = references.filter { !Self.has($0, in: found) }.map(\.id)
        guard missing.isEmpty else {
            throw CheckpointError.incomplete(checkpoint, missing: missing.sorted())
        }
    }

    package func putHead(_ head: SignedHead) async throws {
        try head.verify()
        guard try await missing(of: [head.checkpoint]).isEmpty else {
            throw CheckpointError.incomplete(head.checkpoint, missing: [head.checkpoint])
        }
        try await heads.put(head)
    }

    package func putKeyRecord(_ record: KeyRecord) async throws {
        try record.verify()
        try await heads.put(record)
    }

    /// The heads' checkpoints, and those they come from, of which something is missing.
    ///
    /// Manifests that were read before are not read again.
    private func incomplete(behind heads: [CheckpointID]) async throws -> [CheckpointID] {
        let found = Self.byObject(try await rclone.files(below: Self.objects))
        var incomplete: [CheckpointID] = []
        var seen: Set<CheckpointID> = []
        var frontier = heads
        while !frontier.isEmpty, seen.count < Synchronizer.maximumCheckpoints {
            seen.formUnion(frontier)
            let manifests = try await self.manifests.of(frontier) { ObjectParts(found[$0] ?? []) }
            for id in frontier {
                let parts = manifests[id]?.objects.values
                if parts?.allSatisfy({ Self.has($0, in: found) }) != true { incomplete.append(id) }
            }
            // An ancestor that was never brought here is no loss.
            frontier = Set(manifests.values.flatMap(\.parents))
                .filter { found[$0] != nil && !seen.contains($0) }.sorted()
        }
        return incomplete
    }

    private static func has(_ part: ObjectReference, in found: [ObjectID: [ObjectPart]]) -> Bool {
        ObjectParts(found[part.id] ?? [], size: part.size).wholeSize != nil
    }

    private func parts(of ids: [ObjectID]) async throws -> [ObjectID: ObjectParts] {
        try await files(of: ids).mapValues { ObjectParts($0) }
    }

    private func files(of ids: [ObjectID]) async throws -> [ObjectID: [ObjectPart]] {
        Self.byObject(
            try await rclone.files(
                below: Self.objects,
                matching: Set(ids).map { "/\($0.hex.prefix(2))/\($0.hex)/*" }))
    }

    private static func byObject(_ files: [Rclone.File]) -> [ObjectID: [ObjectPart]] {
        var found: [ObjectID: [ObjectPart]] = [:]
        for file in files {
            let names = file.path.split(separator: "/")
            guard names.count == 3, let id = ObjectID(String(names[1])),
                let part = ObjectPart(name: names[2], fileSize: file.size)
            else { continue }
            found[id, default: []].append(part)
        }
        return found
    }

    private static let objects = "objects"

    private func hashOfLeading(_ parts: [ObjectPart], _ id: ObjectID) async throws -> ObjectID {
        var hasher = ObjectHasher()
        for part in parts { hasher.update(try await content(of: part, id)) }
        return hasher.id
    }

    private static func folder(of id: ObjectID) -> String {
        "\(objects)/\(id.hex.prefix(2))/\(id.hex)"
    }

    private static func path(of part: ObjectPart, _ id: ObjectID) -> String {
        "\(folder(of: id))/\(part.fileName)"
    }

    private func delete(_ parts: [ObjectPart], of id: ObjectID) async throws {
        try await rclone.delete(parts.map(\.fileName), from: Self.folder(of: id))
    }

    private func content(of part: ObjectPart, _ id: ObjectID) async throws -> Data {
        let data: Data?
        do {
            data = try await rclone.data(Self.path(of: part, id))
        } catch let error as ControlError {
            // It was listed a moment ago: it is this file, and no reason to give up the others.
            throw CheckpointError.refused("object \(id.short)", by: name, reason: error.message)
        }
        guard let data, data.count == part.end - part.start else {
            throw CheckpointError.objectMissing(id, place: name)
        }
        return data
    }
}

/// Hands out an object's bytes part by part, and their hash in the end.
private actor PartReader {
    private var parts: ArraySlice<ObjectPart>
    private let offset: Int
    private let content: (ObjectPart) async throws -> Data
    private var rest = Data()
    private var hasher = ObjectHasher()

    init(
        parts: [ObjectPart], offset: Int, content: @escaping (ObjectPart) async throws -> Data
    ) {
        self.parts = parts[...]
        self.offset = offset
        self.content = content
    }

    var hash: ObjectID { hasher.id }

    func next() async throws -> Data? {
        while rest.isEmpty {
            guard let part = parts.popFirst() else { return nil }
            rest = try await content(part).dropFirst(max(0, offset - part.start))
        }
        let piece = rest.prefix(ObjectStore.chunkSize)
        rest = rest.dropFirst(piece.count)
        hasher.update(piece)
        return Data(piece)
    }
}
