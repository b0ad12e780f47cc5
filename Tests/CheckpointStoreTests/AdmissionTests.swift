import CheckpointStore
import Foundation
import TestSupport
import Testing

@Suite struct AdmissionTests {
    let directory: TemporaryDirectory
    let repository: CheckpointRepository

    init() throws {
        directory = try TemporaryDirectory()
        repository = CheckpointRepository(directory: directory.path)
    }

    private func filesOutsideQuarantine() throws -> [String] {
        try directory.files().keys.filter { !$0.hasPrefix("quarantine/") }
    }

    @Test func movesAWholeCheckpointOutOfQuarantine() throws {
        let sample = try Sample.checkpoint()
        let id = try sample.send(to: repository)
        #expect(try filesOutsideQuarantine().isEmpty)
        #expect(try repository.admit(id, base: Sample.base) == sample.manifest)
        #expect(try repository.quarantine.totalSize() == 0)
        #expect(try repository.adapter(of: id).values == Sample.adapter().values)
        try repository.verify(id, base: Sample.base)
        #expect(try repository.admit(id, base: Sample.base) == sample.manifest)
    }

    @Test func recordRefusesAManifestWhoseObjectsAreNotThere() throws {
        let sample = try Sample.checkpoint()
        let error = #expect(throws: CheckpointError.self) { try repository.record(sample.manifest) }
        #expect(error?.kind == "incomplete-checkpoint")
        #expect(try directory.files().isEmpty)
    }

    @Test func anIncompleteCheckpointWaitsForTheRest() throws {
        let sample = try Sample.checkpoint()
        let id = try repository.quarantine.put(sample.manifest.canonicalBytes())
        try repository.quarantine.put(sample.objects[0])
        let error = #expect(throws: CheckpointError.self) {
            try repository.admit(id, base: Sample.base)
        }
        #expect(error?.kind == "incomplete-checkpoint")
        #expect(try repository.quarantine.ids().count == 2)
        for object in sample.objects { try repository.quarantine.put(object) }
        try repository.admit(id, base: Sample.base)
    }

    @Test func anotherBaseIsRefusedWithBothFingerprints() throws {
        let id = try Sample.checkpoint().send(to: repository)
        let error = #expect(throws: CheckpointError.self) {
            try repository.admit(id, base: Sample.otherBase)
        }
        #expect(error?.description.contains(Sample.base.fingerprint.hex) == true)
        #expect(error?.description.contains(Sample.otherBase.fingerprint.hex) == true)
        #expect(try directory.files().isEmpty)
    }

    @Test func dimensionsThatBelieTheBaseAreRefused() throws {
        var wide = Sample.base
        wide.width = 8
        let id = try Sample.checkpoint().send(to: repository)
        let error = #expect(throws: CheckpointError.self) { try repository.admit(id, base: wide) }
        #expect(error?.kind == "malformed")
        #expect(try directory.files().isEmpty)
    }

    /// A manifest is JSON, so it may come in as another checkpoint's metrics: that admits nothing of
    /// what it names.
    @Test func aManifestThatCameInAsAPartIsNoAdmittedCheckpoint() throws {
        let hidden = try Sample.checkpoint(seed: 2)
        let bytes = try hidden.manifest.canonicalBytes()
        let id = try hidden.id
        var carrier = try Sample.checkpoint(seed: 1)
        carrier.objects[2] = bytes
        carrier.manifest.objects["metrics"] = ObjectReference(
            id: id, size: bytes.count, format: .json)
        try repository.admit(carrier.send(to: repository), base: Sample.base)
        #expect(repository.objects.contains(id))

        let head = try SignedHead(checkpoint: id, counter: 1, key: Sample.host)
        for part in hidden.objects {
            #expect(throws: CheckpointError.self) { try repository.admit(id, base: Sample.base) }
            #expect(throws: CheckpointError.self) { try repository.receiveHead(head) }
            try repository.quarantine.put(part)
        }
        #expect(throws: CheckpointError.self) {
            try repository.admit(id, base: Sample.otherBase)
        }
        #expect(throws: CheckpointError.self) { try repository.receiveHead(head) }
        try repository.admit(id, base: Sample.base)
        try repository.verify(id, base: Sample.base)
        #expect(try repository.receiveHead(head))
    }

    /// Objects that hash to their names and yet are not what a checkpoint may hold.
    @Test(
        arguments: ["adapter", "optimizer", "metrics"],
        [
            "nan", "not safetensors", "empty", "other tensors", "cut",
        ])
    func hostileObjectsLeaveNothing(_ role: String, _ fault: String) throws {
        var sample = try Sample.checkpoint()
        let index = try #require(["adapter", "optimizer", "metrics"].firstIndex(of: role))
        var bytes = sample.objects[index]
        switch fault {
        case "nan": bytes.replaceSubrange((bytes.count - 4)..., with: [0, 0, 0xC0, 0x7F])
        case "not safetensors": bytes = Data(repeating: 0x41, count: bytes.count)
        case "empty": bytes = Data()
        case "other tensors" where role == "adapter":
            bytes = Data(bytes.map { $0 == UInt8(ascii: "q") ? UInt8(ascii: "x") : $0 })
        default: bytes.removeLast()
        }
        sample.objects[index] = bytes
        let format = sample.manifest.objects[role]?.format ?? .json
        sample.manifest.objects[role] = ObjectReference(
            id: ObjectID(hashing: bytes), size: bytes.count, format: format)
        let manifest = try JSONEncoder.sorted.encode(sample.manifest)
        for object in sample.objects { try repository.quarantine.put(object) }
        let id = try repository.quarantine.put(manifest)
        let error = #expect(throws: CheckpointError.self) {
            try repository.admit(id, base: Sample.base)
        }
        #expect(["malformed", "too-large"].contains(error?.kind))
        #expect(try filesOutsideQuarantine().isEmpty)
        #expect(!repository.quarantine.contains(id))
    }

    @Test func aSizeThatTheObjectDoesNotHaveIsRefused() throws {
        var sample = try Sample.checkpoint()
        sample.manifest.objects["optimizer"]?.size += 1
        let id = try sample.send(to: repository)
        let error = #expect(throws: CheckpointError.self) {
            try repository.admit(id, base: Sample.base)
        }
        #expect(error?.kind == "size-mismatch")
        #expect(try filesOutsideQuarantine().isEmpty)
    }

    @Test func everyFlippedByteAndEveryTruncationIsDetected() throws {
        let id = try Sample.checkpoint().record(in: repository)
        try repository.verify(id)
        for (name, bytes) in try directory.files() {
            let url = URL(filePath: "\(directory.path)/\(name)")
            for offset in bytes.indices {
                var flipped = bytes
                flipped[offset] ^= UInt8(1 << (offset % 8))
                try flipped.write(to: url)
                #expect(throws: CheckpointError.self) { try repository.verify(id) }
                try bytes.prefix(offset).write(to: url)
                #expect(throws: CheckpointError.self) { try repository.verify(id) }
            }
            try bytes.write(to: url)
        }
        try repository.verify(id)
    }

    /// One reading finds all that is damaged, so one sync can bring it all.
    @Test func aDamagedCheckpointIsExaminedPartByPart() throws {
        let sample = try Sample.checkpoint()
        let id = try sample.record(in: repository)
        #expect(repository.examine(id).allSatisfy { $0.fault == nil })
        #expect(
            repository.examine(id).map(\.part) == ["manifest", "adapter", "metrics", "optimizer"])
        let damaged = try ["adapter", "optimizer"].map { try sample.manifest.object($0).id }
        for part in damaged { try directory.damage(part) }
        #expect(
            repository.examine(id).filter { $0.fault != nil }.map(\.part)
                == ["adapter", "optimizer"])
        #expect(damaged.allSatisfy { !repository.objects.contains($0) })
        #expect(repository.objects.incomplete(among: [id]) == [id])
        for object in sample.objects { try repository.objects.put(object) }
        #expect(repository.objects.incomplete(among: [id]).isEmpty)
        try directory.damage(id)
        #expect(repository.examine(id).map(\.part) == ["manifest"])
        #expect(repository.objects.incomplete(among: [id]) == [id])
    }

    /// What arrived whole is not sent again because one object went bad while it waited.
    @Test func damageInQuarantineCostsOneObject() throws {
        let sample = try Sample.checkpoint()
        let id = try sample.send(to: repository)
        let adapter = try sample.manifest.object(Manifest.adapterRole).id
        try directory.damage(adapter)
        #expect(throws: CheckpointError.self) { try repository.admit(id, base: Sample.base) }
        let parts = sample.objects.map { ObjectID(hashing: $0) } + [id]
        #expect(repository.missing(of: parts) == [adapter])
        try repository.quarantine.put(sample.objects[0])
        try repository.admit(id, base: Sample.base)
    }

    @Test func aHeadSignedBeforeItsManifestWasDamagedIsStillTheHead() throws {
        let id = try Sample.checkpoint().record(in: repository)
        let head = try repository.publishHead(id, key: Sample.host)
        try directory.damage(id)
        #expect(try repository.publishHead(id, key: Sample.host) == head)
    }

    @Test func everyFlippedByteInQuarantineIsKeptOut() throws {
        let sample = try Sample.checkpoint()
        let id = try sample.send(to: repository)
        for (name, bytes) in try directory.files() {
            for offset in stride(from: 0, to: bytes.count, by: 7) {
                var flipped = bytes
                flipped[offset] ^= UInt8(1 << (offset % 8))
                try flipped.write(to: URL(filePath: "\(directory.path)/\(name)"))
                #expect(throws: CheckpointError.self) {
                    try repository.admit(id, base: Sample.base)
                }
                try sample.send(to: repository)
            }
        }
        #expect(try filesOutsideQuarantine().isEmpty)
        try repository.admit(id, base: Sample.base)
    }

    @Test func theQuarantineHasACapacity() throws {
        var repository = repository
        repository.quarantineCapacity = 10
        let id = ObjectID(hashing: Data("x".utf8))
        for size in [11, ObjectStore.maximumObjectSize + 1, Int.max, -1] {
            #expect(throws: CheckpointError.self) { try repository.receive(id, size: size) }
        }
        let writer = try repository.receive(id, size: 1)
        #expect(throws: CheckpointError.self) { try writer.append(Data("xy".utf8)) }
    }

    /// Each alone would fit.
    @Test func objectsThatComeAtOnceShareTheQuarantinesCapacity() throws {
        var repository = repository
        repository.quarantineCapacity = 10
        let ids = ["x", "y"].map { ObjectID(hashing: Data($0.utf8)) }
        var first: ObjectWriter? = try repository.receive(ids[0], size: 6)
        #expect(throws: CheckpointError.self) { try repository.receive(ids[1], size: 6) }
        _ = try repository.receive(ids[1], size: 4)
        try first?.append(Data("xyz".utf8))
        #expect(throws: CheckpointError.self) { try repository.receive(ids[1], size: 5) }
        first = nil
        _ = try repository.receive(ids[1], size: 10)
    }

    @Test func aHeadNeedsItsCheckpointAndCountsUp() throws {
        let first = try Sample.checkpoint(seed: 1).record(in: repository)
        let second = try Sample.checkpoint(seed: 2).record(in: repository)
        #expect(try repository.publishHead(first, key: Sample.host).counter == 1)
        #expect(try repository.publishHead(first, key: Sample.host).counter == 1)
        #expect(try repository.publishHead(second, key: Sample.host).counter == 2)
        #expect(try repository.publishHead(first, key: Sample.host).counter == 3)
        let absent = try SignedHead(
            checkpoint: ObjectID(hashing: Data()), counter: 9, key: HostKey())
        let error = #expect(throws: CheckpointError.self) { try repository.receiveHead(absent) }
        #expect(error?.kind == "incomplete-checkpoint")
    }
}

extension JSONEncoder {
    /// Writes what is canonical for manifests of plain text, without their validation.
    static var sorted: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
