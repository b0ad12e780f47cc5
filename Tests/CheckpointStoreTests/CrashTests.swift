import CheckpointStore
import Foundation
import TestSupport
import Testing

/// Every step on disk of every operation fails once, by an error or by the death of the process.
@Suite struct CrashTests {
    enum Operation: CaseIterable, Sendable {
        case record, admit, publishHead, putIntoDirectory

        /// What is on disk before the operation begins.
        func prepare(_ directory: String) throws {
            let repository = CheckpointRepository(directory: directory)
            switch self {
            case .record, .putIntoDirectory: break
            case .admit: try Sample.checkpoint().send(to: repository)
            case .publishHead:
                let first = try Sample.checkpoint(seed: 1).record(in: repository)
                try Sample.checkpoint(seed: 2).record(in: repository)
                _ = try repository.publishHead(first, key: Sample.host)
            }
        }

        func run(_ directory: String, _ fileSystem: FileSystem) async throws {
            let repository = CheckpointRepository(directory: directory, fileSystem: fileSystem)
            let sample = try Sample.checkpoint(seed: self == .publishHead ? 2 : 1)
            switch self {
            case .record: try sample.record(in: repository)
            case .admit: try repository.admit(sample.id, base: Sample.base)
            case .publishHead: _ = try repository.publishHead(sample.id, key: Sample.host)
            case .putIntoDirectory:
                let remote = DirectoryRemote(path: directory, fileSystem: fileSystem)
                let manifest = try sample.manifest.canonicalBytes()
                for object in sample.objects + [manifest] {
                    try await remote.put(
                        ObjectID(hashing: object), size: object.count, from: 0,
                        body: ObjectBody(object))
                }
                try remote.admit(sample.id, source: "test")
                try remote.putHead(
                    SignedHead(checkpoint: sample.id, counter: 1, key: Sample.host))
            }
        }
    }

    @Test(arguments: Operation.allCases, FaultInjector.Mode.allCases)
    func nothingIsHarmedAndARetrySucceeds(_ operation: Operation, _ mode: FaultInjector.Mode)
        async throws
    {
        let clean = try TemporaryDirectory()
        try operation.prepare(clean.path)
        let counter = FaultInjector()
        try await operation.run(clean.path, counter.fileSystem)
        let expected = try clean.files().keys.sorted()
        #expect(counter.operations.count > 3)

        for step in counter.operations.indices {
            let directory = try TemporaryDirectory()
            try operation.prepare(directory.path)
            let before = try directory.files()
            let faulty = FaultInjector(failing: (step, mode)).fileSystem
            await #expect(throws: CheckpointError.self, "step \(step)") {
                try await operation.run(directory.path, faulty)
            }
            try expectSound(directory.path)
            if mode == .error {
                #expect(try directory.files().keys.allSatisfy { !$0.contains(".incoming-") })
            }
            if operation == .admit, mode == .error {
                #expect(try Set(directory.files().values) == Set(before.values))
            }
            try await operation.run(directory.path, FileSystem())
            try expectSound(directory.path)
            for folder in ["/objects", "/quarantine"] {
                try ObjectStore(directory: directory.path + folder)
                    .removeAbandoned(olderThan: 0)
            }
            let names = try directory.files().keys.filter { !$0.contains(".incoming-") }
            #expect(names.sorted() == expected, "step \(step)")
        }
    }

    /// What must hold after any crash: all visible objects right, all visible checkpoints whole,
    /// heads backed.
    private func expectSound(_ directory: String) throws {
        let repository = CheckpointRepository(directory: directory)
        #expect(try repository.objects.verifyAll().isEmpty)
        #expect(try repository.quarantine.verifyAll().isEmpty)
        for id in try repository.objects.ids() where try isManifest(id, repository) {
            try repository.verify(id)
        }
        for head in try repository.heads.all() { try repository.verify(head.checkpoint) }
    }

    private func isManifest(_ id: ObjectID, _ repository: CheckpointRepository) throws -> Bool {
        try repository.objects.data(of: id).starts(with: Data("{\"base\"".utf8))
    }

    @Test(arguments: Operation.allCases)
    func bytesAreOnDiskBeforeTheirNameAndTheNameBeforeTheReturn(_ operation: Operation)
        async throws
    {
        let directory = try TemporaryDirectory()
        try operation.prepare(directory.path)
        let recorder = FaultInjector()
        try await operation.run(directory.path, recorder.fileSystem)
        let operations = recorder.operations
        for (step, entry) in operations.enumerated() {
            guard case .rename(let file, let target) = entry else { continue }
            let isQuarantined = file.contains("/quarantine/")
            #expect(isQuarantined || operations[..<step].contains(.synchronize(file)))
            let lastWrite = operations.lastIndex(of: .write(file)) ?? -1
            let synchronized = operations.lastIndex(of: .synchronize(file)) ?? step
            #expect(lastWrite < synchronized)
            let folder = (target as NSString).deletingLastPathComponent
            #expect(operations[(step + 1)...].first == .synchronizeDirectory(folder))
        }
    }

    @Test func objectsReachTheirPlaceBeforeTheManifest() throws {
        let directory = try TemporaryDirectory()
        try Operation.admit.prepare(directory.path)
        let recorder = FaultInjector()
        let repository = CheckpointRepository(
            directory: directory.path, fileSystem: recorder.fileSystem)
        let id = try Sample.checkpoint().id
        try repository.admit(id, base: Sample.base)
        let targets = recorder.operations.compactMap { operation -> String? in
            guard case .rename(_, let target) = operation else { return nil }
            return target
        }
        #expect(targets.count == 4)
        #expect(targets.last?.hasSuffix(id.hex) == true)
    }
}
