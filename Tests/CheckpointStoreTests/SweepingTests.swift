import CheckpointStore
import Foundation
import TestSupport
import Testing

@Suite struct SweepingTests {
    let directory: TemporaryDirectory
    let repository: CheckpointRepository

    init() throws {
        directory = try TemporaryDirectory()
        repository = CheckpointRepository(directory: directory.path)
    }

    private func names() throws -> [String] { try directory.files().keys.sorted() }

    @Test func unfinishedFilesAreRemovedAfterADay() throws {
        let id = try Sample.checkpoint().record(in: repository)
        let head = try repository.publishHead(id, key: Sample.host)
        let sample = try Sample.checkpoint(seed: 2)
        try sample.send(to: repository)
        let before = try names()
        for folder in ["objects", "quarantine", "heads/\(head.host)"] {
            try Data("half".utf8).write(
                to: URL(filePath: "\(directory.path)/\(folder)/.incoming-0"))
        }
        try repository.sweep(now: .now + 86_000)
        #expect(try names().count == before.count + 3)
        try repository.sweep(now: .now + 86_401)
        #expect(try names() == before)
    }

    @Test func whatWaitsInQuarantineAndWhatIsDamagedGoesAfterItsTimeAndTheRestStays() throws {
        let id = try Sample.checkpoint().record(in: repository)
        let before = try names()
        let damaged = try repository.objects.put(Data("damaged".utf8))
        try directory.damage(damaged)
        #expect(throws: CheckpointError.self) { try repository.objects.verify(damaged) }
        let sent = try Sample.checkpoint(seed: 2).send(to: repository)

        try repository.sweep(now: .now + CheckpointRepository.retention - 60)
        #expect(try names().count == before.count + 5)
        try repository.sweep(now: .now + CheckpointRepository.retention + 60)
        #expect(try names() == before)
        #expect(try repository.quarantine.totalSize() == 0)
        try repository.verify(id)
        try Sample.checkpoint(seed: 2).send(to: repository)
        try repository.admit(sent, base: Sample.base)
    }

    @Test func aDirectoryIsSweptByWhoeverBringsToIt() async throws {
        let remote = DirectoryRemote(path: directory.path)
        let sample = try Sample.checkpoint()
        for object in sample.objects + [try sample.manifest.canonicalBytes()] {
            try await remote.put(
                ObjectID(hashing: object), size: object.count, from: 0, body: ObjectBody(object))
        }
        let half = "\(directory.path)/objects/.incoming-0"
        try Data("half".utf8).write(to: URL(filePath: half))
        try remote.admit(sample.id, source: "test", now: .now + 86_000)
        #expect(FileManager.default.fileExists(atPath: half))
        try remote.admit(sample.id, source: "test", now: .now + 86_401)
        #expect(!FileManager.default.fileExists(atPath: half))
    }
}
