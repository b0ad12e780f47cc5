import CheckpointStore
import Foundation
import TestSupport
import Testing

/// Hosts that train, part, meet, are cut off, change and revoke their keys and have clocks that are
/// years wrong.
///
/// `ATTUNE_SCHEDULES=100000 swift test -c release --filter FleetTests` runs more of it.
@Suite struct FleetTests {
    private static let schedules =
        ProcessInfo.processInfo.environment["ATTUNE_SCHEDULES"].flatMap { Int($0) } ?? 1000

    private static let parts = 8

    /// One of four fleets lets go of old checkpoints as well.
    @Test(arguments: 0..<parts)
    func whateverTheScheduleAllHostsEndWithTheSameAndNothingIsLost(part: Int) async throws {
        for seed in stride(from: part, to: Self.schedules, by: Self.parts) {
            var fleet = try Fleet(seed: UInt64(seed), collects: part % 4 == 0)
            for _ in 0..<30 { try await fleet.step() }
            try await fleet.meet()
            #expect(try fleet.faults() == [], "schedule \(seed)")
        }
    }
}

/// A few hosts in one directory, and a stick that is carried between them.
private struct Fleet {
    private struct Host {
        let identity: HostIdentity
        let repository: CheckpointRepository
        var made: [CheckpointID] = []
        var inUse: CheckpointID?
        /// Those whose objects it has let go.
        var collected: Set<CheckpointID> = []
        /// How wrong its clock is, in seconds.
        var clockError: TimeInterval = 0

        var key: HostKey { identity.key }

        init(directory: String) throws {
            repository = CheckpointRepository(directory: directory)
            identity = try HostIdentity(
                path: directory + "/host.key", heads: repository.heads)
        }

        mutating func use(_ checkpoint: CheckpointID) throws {
            inUse = checkpoint
            try identity.sign(publish)
        }

        func publish(_ key: HostKey) throws {
            guard let inUse else { return }
            _ = try repository.publishHead(inUse, key: key)
        }
    }

    private let directory: TemporaryDirectory
    private var hosts: [Host]
    private let stick: DirectoryRemote
    private var generator: SplitMix64
    private let collects: Bool

    init(seed: UInt64, collects: Bool) throws {
        self.collects = collects
        generator = SplitMix64(state: seed)
        let directory = try TemporaryDirectory()
        self.directory = directory
        let stick = directory.path + "/stick"
        try FileManager.default.createDirectory(
            atPath: stick, withIntermediateDirectories: true)
        self.stick = DirectoryRemote(path: stick)
        hosts = try (0..<Int.random(in: 2...7, using: &generator)).map {
            try Host(directory: "\(directory.path)/\($0)")
        }
    }

    private func remote(_ index: Int) -> any Remote {
        if index == hosts.count { return stick }
        var remote = StoreRemote(
            name: "\(index)", repository: hosts[index].repository, base: Sample.base)
        remote.collected = hosts[index].collected
        return remote
    }

    /// One thing that happens somewhere.
    mutating func step() async throws {
        let index = Int.random(in: hosts.indices, using: &generator)
        switch Int.random(in: 0..<12, using: &generator) {
        case 0...2: try train(index)
        case 3: try follow(index)
        case 4: try merge(index)
        case 6 where collects: try collect(index)
        case 10: try changeKey(index)
        case 5:
            hosts[index].clockError = .random(in: -10...10, using: &generator) * 365 * 86_400
            try hosts[index].repository.sweep(now: .now + hosts[index].clockError)
        default:
            let other = Int.random(in: 0...hosts.count, using: &generator)
            guard other != index else { return }
            try await sync(from: index, to: other)
        }
    }

    /// A round: a checkpoint that continues the head.
    private mutating func train(_ index: Int) throws {
        let host = hosts[index]
        let parents = try host.repository.heads.head(of: host.key.id).map { [$0.checkpoint] } ?? []
        var sample = try Sample.checkpoint(seed: generator.next() >> 12, parents: parents)
        sample.manifest.host = host.key.id
        sample.manifest.round = host.made.count + 1
        let id = try sample.record(in: host.repository)
        hosts[index].made.append(id)
        try hosts[index].use(id)
    }

    /// Takes over what another host has in use.
    private mutating func follow(_ index: Int) throws {
        let host = hosts[index]
        let others = try host.repository.heads.all().filter { $0.host != host.key.id }
        guard let other = others.randomElement(using: &generator) else { return }
        try hosts[index].use(other.checkpoint)
    }

    /// A new key in the old one's place; sometimes since somebody else has the old one, who may make
    /// another one succeed it, which is as good as a revocation.
    private mutating func changeKey(_ index: Int) throws {
        let host = hosts[index]
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: _ = try host.identity.revoke(host.publish)
        case 1:
            let theft = try KeyRecord(succeeding: host.key, by: HostKey())
            let other = Int.random(in: hosts.indices, using: &generator)
            try hosts[other].repository.heads.put(theft)
            _ = try host.identity.rotate(host.publish)
        default: _ = try host.identity.rotate(host.publish)
        }
    }

    private mutating func merge(_ index: Int) throws {
        let host = hosts[index]
        let heads = try Set(host.repository.heads.all().map(\.checkpoint)).sorted()
        guard let one = heads.randomElement(using: &generator),
            let other = heads.randomElement(using: &generator), one != other
        else { return }
        do {
            let merge = try host.repository.merge(one, other, by: .mean, host: host.key.id)
            hosts[index].made.append(merge.checkpoint)
            try hosts[index].use(merge.checkpoint)
        } catch CheckpointError.nothingToMerge {
            // One of them continues the other.
        }
    }

    /// Lets go of what is neither in use somewhere nor what heads have in common.
    private mutating func collect(_ index: Int) throws {
        let repository = hosts[index].repository
        let heads = try repository.heads.all().map(\.checkpoint)
        let known = repository.objects.withAncestors(heads)
        let kept = repository.commonAncestors(of: heads).union(heads)
        let later = Date.now + 2 * CheckpointRepository.grace
        try repository.remove(
            repository.garbage(keeping: kept, of: known + hosts[index].made, now: later),
            now: later)
        hosts[index].collected = Set(known + hosts[index].made).subtracting(kept)
    }

    /// One way, and in one of three cases cut somewhere.
    private mutating func sync(from: Int, to: Int) async throws {
        var destination = remote(to)
        if Int.random(in: 0..<3, using: &generator) == 0 {
            destination = CutRemote(
                destination, limit: .calls(.random(in: 0..<12, using: &generator)))
        }
        do {
            let summary = try await Synchronizer().sync(from: remote(from), to: destination)
            #expect(summary.refusals == [])
        } catch is CutRemote.Cut {}
        _ = try renew(to)
    }

    /// A host that hears that its key is void gets another one, and says again what it has in use.
    private func renew(_ index: Int) throws -> Bool {
        guard hosts.indices.contains(index) else { return false }
        return try hosts[index].identity.renew(hosts[index].publish) != nil
    }

    /// All are connected again, and news goes through them in a row and back, until there is none.
    mutating func meet() async throws {
        let ways =
            hosts.indices.map { ($0, $0 + 1) } + hosts.indices.reversed().map { ($0 + 1, $0) }
        var isNews = true
        while isNews {
            isNews = false
            for (from, to) in ways {
                let summary = try await Synchronizer().sync(from: remote(from), to: remote(to))
                #expect(summary.refusals == [])
                if try renew(to) { isNews = true }
            }
        }
    }

    /// What is not as it must be.
    func faults() throws -> [String] {
        var faults: [String] = []
        let heads = try hosts.map { try $0.repository.heads.all() }
        let keys = try hosts.map { try $0.repository.heads.keys.all() }
        for (index, host) in hosts.enumerated() {
            if keys[index] != keys[0] {
                faults.append("host \(index) knows other keys than host 0")
            }
            if heads[index].first(where: { $0.host == host.key.id })?.checkpoint != host.inUse {
                faults.append("host \(index) does not say what it has in use")
            }
            let known = host.repository.objects.withAncestors(heads[index].map(\.checkpoint))
            if heads[index].map(\.checkpoint) != heads[0].map(\.checkpoint)
                || heads[index].map(\.counter) != heads[0].map(\.counter)
            {
                faults.append("host \(index) knows other heads than host 0")
            }
            if !collects,
                known != hosts[0].repository.objects.withAncestors(heads[0].map(\.checkpoint))
            {
                faults.append("host \(index) knows other checkpoints than host 0")
            }
            let needed = collects ? heads[index].map(\.checkpoint) : known + host.made
            for id in Set(needed) {
                do {
                    try host.repository.verify(id, base: Sample.base)
                } catch {
                    faults.append("host \(index): \(id.short): \(error)")
                }
            }
        }
        return faults
    }
}
