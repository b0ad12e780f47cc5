import CheckpointStore
import Foundation
import TestSupport
import Testing

@Suite struct HostIdentityTests {
    let directory: TemporaryDirectory
    let repository: CheckpointRepository
    let checkpoint: CheckpointID

    init() throws {
        directory = try TemporaryDirectory()
        repository = CheckpointRepository(directory: directory.path)
        checkpoint = try Sample.checkpoint().record(in: repository)
    }

    private func identity(in directory: String, _ fileSystem: FileSystem = FileSystem()) throws
        -> HostIdentity
    {
        try HostIdentity(
            path: directory + "/host.key",
            heads: HeadStore(directory: directory + "/heads", fileSystem: fileSystem),
            fileSystem: fileSystem)
    }

    private func publish(_ key: HostKey) throws {
        _ = try repository.publishHead(checkpoint, key: key)
    }

    @Test func aChangedKeyVouchesForTheNextAndSpeaksNoMore() throws {
        let identity = try identity(in: directory.path)
        let old = identity.key
        try publish(old)
        let change = try identity.rotate(publish)
        #expect(change.before == old.id && change.after == identity.key.id)
        #expect(try repository.heads.all().map(\.host) == [identity.key.id])
        #expect(throws: CheckpointError.keyRetired(old.id, successor: identity.key.id)) {
            try publish(old)
        }
        #expect(try self.identity(in: directory.path).key.id == identity.key.id)
        #expect(try !directory.files().keys.contains { $0.contains("host.key.next") })
        let second = try identity.rotate(publish)
        let keys = try repository.heads.keys.all()
        #expect(keys.holder(of: old.id) == KeyHolder(host: second.after, isRevoked: false))
    }

    @Test func afterARevocationAKeyIsThereThatNothingVouchesFor() throws {
        let identity = try identity(in: directory.path)
        let old = identity.key.id
        let change = try identity.revoke(publish)
        #expect(change.before == old && change.after != old)
        let keys = try repository.heads.keys.all()
        #expect(keys.holder(of: old) == KeyHolder(host: old, isRevoked: true))
        #expect(keys.predecessors(of: change.after) == [])
        #expect(try repository.heads.all().map(\.host) == [change.after])
    }

    @Test func aRevocationMadeBeforehandRevokesNothingUntilItIsPublished() throws {
        let identity = try identity(in: directory.path)
        let record = try identity.revocation()
        #expect(try repository.heads.keys.standing(of: identity.key.id) == .valid)
        try repository.heads.put(record)
        #expect(try repository.heads.keys.standing(of: record.host) == .revoked)
        let change = try #require(try identity.renew())
        #expect(change.before == record.host)
        #expect(try identity.renew() == nil)
    }

    /// A host restored from a backup has a key that it has changed since.
    @Test func whoHasAnOldKeyGetsAnotherBeforeItSigns() throws {
        let identity = try identity(in: directory.path)
        let old = identity.key
        try repository.heads.put(KeyRecord(succeeding: old, by: HostKey()))
        let signer = try identity.sign { $0.id }
        #expect(signer != old.id && signer == identity.key.id)
        #expect(try self.identity(in: directory.path).key.id == signer)
    }

    /// The checkpoint in use may be damaged, so that it cannot be signed.
    @Test func aChangeThatCannotBePreparedLeavesNothing() throws {
        struct Fault: Error {}
        let identity = try identity(in: directory.path)
        try publish(identity.key)
        let before = try directory.files()
        #expect(throws: Fault.self) {
            try identity.rotate { key in
                try publish(key)
                throw Fault()
            }
        }
        #expect(try directory.files() == before)
        #expect(try self.identity(in: directory.path).key.id == identity.key.id)
    }

    /// Anybody can make up hosts, with heads of theirs.
    @Test func strangersHeadsDoNotKeepTheKeyFromChanging() throws {
        let identity = try identity(in: directory.path)
        for number in 0..<HeadStore.maximumHosts {
            let folder = "\(directory.path)/heads/\(ObjectID(hashing: Data("\(number)".utf8)))"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        }
        #expect(throws: CheckpointError.self) {
            try repository.receiveHead(
                SignedHead(checkpoint: checkpoint, counter: 1, key: HostKey()))
        }
        let change = try identity.rotate(publish)
        #expect(try repository.heads.all().map(\.host) == [change.after])
        let peer = HostKey()
        try repository.receiveHead(
            SignedHead(checkpoint: checkpoint, counter: 1, key: peer), isExpected: true)
        #expect(try repository.heads.head(of: peer.id) != nil)
    }

    @Test func aKeyThatNobodyCouldFollowIsNotMade() throws {
        let identity = try identity(in: directory.path)
        let first = identity.key.id
        for _ in 0..<KeyRecordSet.maximumSuccessions { _ = try identity.rotate() }
        let last = identity.key.id
        #expect(throws: CheckpointError.self) { try identity.rotate() }
        #expect(identity.key.id == last)
        let keys = repository.heads.keys
        #expect(try keys.all().holder(of: first) == KeyHolder(host: last, isRevoked: false))
        _ = try identity.revoke()
        #expect(try keys.all().holder(of: first) == KeyHolder(host: last, isRevoked: true))
    }

    enum Change: CaseIterable, Sendable { case rotation, revocation }

    /// Whatever step a crash or a full disk hits: the key that is there afterwards counts, and after a
    /// rotation whoever trusts the old one trusts it.
    @Test(arguments: Change.allCases, FaultInjector.Mode.allCases)
    func aChangeThatIsCutEndsWithAKeyThatCounts(
        _ change: Change, _ mode: FaultInjector.Mode
    ) throws {
        for step in 0..<40 {
            let directory = try TemporaryDirectory()
            let old = try identity(in: directory.path).key.id
            let injector = FaultInjector(failing: (step, mode))
            let opened = try? identity(in: directory.path, injector.fileSystem)
            var isDone = false
            if let opened {
                switch change {
                case .rotation: isDone = (try? opened.rotate()) != nil
                case .revocation: isDone = (try? opened.revoke()) != nil
                }
            }
            if mode == .error, let opened, !isDone {
                // The same process tries again.
                let again =
                    switch change {
                    case .rotation: try opened.rotate()
                    case .revocation: try opened.revoke()
                    }
                #expect(again.before == old && again.after != old, "step \(step)")
                #expect(again.after == opened.key.id, "step \(step)")
                isDone = true
            }
            let after = try identity(in: directory.path).key.id
            let keys = try HeadStore(directory: directory.path + "/heads").keys.all()
            #expect(keys.standing(of: after) == .valid, "step \(step)")
            switch change {
            case .rotation:
                #expect(
                    keys.holder(of: old) == KeyHolder(host: after, isRevoked: false), "step \(step)"
                )
            case .revocation:
                #expect(
                    keys.holder(of: old) == KeyHolder(host: old, isRevoked: after != old),
                    "step \(step)")
            }
            if isDone { #expect(after != old, "step \(step)") }
            let left = try directory.files().keys.filter { $0.hasPrefix("host.key.") }
            #expect(left.isEmpty, "step \(step)")
            if injector.operations.count <= step { return }
        }
        Issue.record("a change takes more steps than were tried")
    }

    @Test func aVoidKeyIsNotSignedWithThoughItsFileDidNotMove() throws {
        for step in 0..<40 {
            let directory = try TemporaryDirectory()
            _ = try identity(in: directory.path)
            let injector = FaultInjector(failing: (step, .error))
            let identity = try identity(in: directory.path, injector.fileSystem)
            let isDone = (try? identity.rotate()) != nil
            guard injector.operations.count > step else { return }
            guard isDone else { continue }
            let void = identity.key.id
            try HeadStore(directory: directory.path + "/heads").put(identity.revocation())
            let signer = try identity.sign { $0.id }
            #expect(signer != void, "step \(step)")
            #expect(try self.identity(in: directory.path).key.id == signer, "step \(step)")
        }
    }

    @Test func nothingIsSaidOfANewKeyBeforeItIsDurable() throws {
        let recorder = FaultInjector()
        let identity = try identity(in: directory.path, recorder.fileSystem)
        let before = recorder.operations.count
        _ = try identity.rotate()
        let operations = recorder.operations[before...]
        let record = try #require(
            operations.firstIndex {
                if case .rename(_, let target) = $0 {
                    target.contains("/heads/keys/")
                } else {
                    false
                }
            })
        let durable = operations.firstIndex(of: .synchronizeDirectory(directory.path))
        #expect(try #require(durable) < record)
    }
}
