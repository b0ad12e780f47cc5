import CheckpointStore
import Foundation
import Synchronization
import TestSupport
import Testing

/// Many hosts that never meet, and one place that all of them reach; each syncs once an hour, at its own time.
///
/// `ATTUNE_HOSTS=1000 swift test -c release --filter ManyHostsTests` is a large fleet; what it costs is printed.
@Suite struct ManyHostsTests {
    private static let hostCount =
        ProcessInfo.processInfo.environment["ATTUNE_HOSTS"].flatMap { Int($0) } ?? 40

    private static let hours = 6

    /// One host trains. The others take over what it has in use, as soon as they hear of it.
    @Test func newsReachesEveryoneAtTheirNextMeetingWithThePlaceAndQuietHoursCostOneQuestion()
        async throws
    {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.path + "/place", withIntermediateDirectories: false)
        let place = CountingRemote(DirectoryRemote(path: directory.path + "/place"))
        let hosts = (0..<Self.hostCount).map { number in
            (
                key: HostKey(),
                remote: StoreRemote(
                    name: "\(number)",
                    repository: CheckpointRepository(directory: "\(directory.path)/\(number)"),
                    base: Sample.base)
            )
        }
        var generator = SplitMix64(state: 7)
        var newest: CheckpointID?
        var costs: [CountingRemote.Cost] = []
        for hour in 0..<Self.hours {
            if hour < 2 {
                let trainer = hosts[0].remote.repository
                let id = try Sample.checkpoint(
                    seed: UInt64(hour), parents: newest.map { [$0] } ?? [], optimizerSize: 20_000
                ).record(in: trainer)
                _ = try trainer.publishHead(id, key: hosts[0].key)
                newest = id
            }
            var reached = 0
            for number in hosts.indices.shuffled(using: &generator) {
                let (key, host) = hosts[number]
                let inventory = try await place.inventory()
                let pulled = try await Synchronizer().sync(
                    from: place, offering: inventory, to: host)
                let pushed = try await Synchronizer().sync(
                    from: host, to: place, holding: inventory)
                #expect(pulled.refusals == [] && pushed.refusals == [])
                let repository = host.repository
                if let head = try repository.heads.head(of: hosts[0].key.id) {
                    _ = try repository.publishHead(head.checkpoint, key: key)
                    if head.checkpoint == newest { reached += 1 }
                }
            }
            costs.append(place.takeCost())
            print(
                "hour \(hour): \(reached) of \(hosts.count) have the newest;"
                    + " \(costs[hour].requests) requests, \(costs[hour].bytes) bytes of objects,"
                    + " \(costs[hour].heads) heads read")
            if hour >= 2 { #expect(reached == hosts.count, "hour \(hour)") }
        }
        // What a host takes over at one meeting it says at the next, and all have heard it at the one after.
        #expect(costs[Self.hours - 1].requests == hosts.count)
        #expect(costs[Self.hours - 1].bytes == 0)
        let size = try hosts[0].remote.repository.objects.totalSize()
        let travelled = costs.reduce(0) { $0 + $1.bytes }
        // Each host is sent all of it once, and manifests again.
        #expect(travelled <= size * hosts.count * 105 / 100)
    }
}

/// Counts what a place is asked, and the bytes of objects that go to it and come from it.
private final class CountingRemote: Remote {
    struct Cost {
        var requests = 0
        var bytes = 0
        var heads = 0
    }

    private let remote: any Remote
    private let cost = Mutex(Cost())

    init(_ remote: any Remote) { self.remote = remote }

    var name: String { remote.name }

    /// Since it was taken last.
    func takeCost() -> Cost {
        cost.withLock { cost in
            defer { cost = Cost() }
            return cost
        }
    }

    private func count(_ change: (inout Cost) -> Void = { _ in }) {
        cost.withLock {
            $0.requests += 1
            change(&$0)
        }
    }

    private func counted(_ body: ObjectBody) async throws -> ObjectBody {
        let data = try await body.reduce(into: Data()) { $0 += $1 }
        count { $0.bytes += data.count }
        return ObjectBody(data)
    }

    func inventory() async throws -> Inventory {
        let inventory = try await remote.inventory()
        count { $0.heads += inventory.heads.count }
        return inventory
    }

    func missing(of ids: [ObjectID]) async throws -> [ObjectID] {
        count()
        return try await remote.missing(of: ids)
    }

    func get(_ id: ObjectID, from offset: Int) async throws -> ObjectBody {
        try await counted(remote.get(id, from: offset))
    }

    func received(of id: ObjectID) async throws -> Int {
        count()
        return try await remote.received(of: id)
    }

    func put(_ id: ObjectID, size: Int, from offset: Int, body: ObjectBody) async throws {
        try await remote.put(id, size: size, from: offset, body: counted(body))
    }

    func inspect(manifest: Data) async throws {
        // A place that only keeps things is not asked.
        try await remote.inspect(manifest: manifest)
    }

    func admit(_ checkpoint: CheckpointID, source: String) async throws {
        count()
        try await remote.admit(checkpoint, source: source)
    }

    func putHead(_ head: SignedHead) async throws {
        count()
        try await remote.putHead(head)
    }

    func putKeyRecord(_ record: KeyRecord) async throws {
        count()
        try await remote.putKeyRecord(record)
    }
}
