import AttuneDaemon
import CheckpointStore
import ControlAPI
import Foundation
import Synchronization
import TestSupport
import Testing

/// The connection of a sync cut at bytes of its real transcript: HTTP on a socket, a daemon behind it.
///
/// `ATTUNE_CUTS=1 swift test -c release --filter WireCutTests` cuts at every byte there is; the number is the distance
/// between two cuts.
@Suite(.serialized) struct WireCutTests {
    private static let distance =
        ProcessInfo.processInfo.environment["ATTUNE_CUTS"].flatMap { Int($0) } ?? 307

    enum Way: CaseIterable, Sendable { case push, pull }

    private struct Hosts: Sendable {
        let local: StoreRemote
        let daemon: TestDaemon
        let proxy: CuttingProxy
        let directory: TestSupport.TemporaryDirectory
        let key = HostKey()

        /// Through the proxy, as another host would; a client of its own, whose connections are new.
        func sync(_ way: Way) async throws -> SyncSummary {
            let client = ControlClient(socketPath: proxy.path)
            let remote = DaemonRemote(name: "daemon", client: client)
            return switch way {
            case .push: try await Synchronizer().sync(from: local, to: remote)
            case .pull: try await Synchronizer().sync(from: remote, to: local)
            }
        }

        /// Two checkpoints, one from the other, that only the sending side has, and its head.
        func news(_ number: Int, _ way: Way) throws -> CheckpointID {
            let repository = way == .push ? local.repository : daemon.daemon.checkpoints.repository
            let seed = UInt64(2 * number)
            let first = try Sample.checkpoint(seed: seed, base: TinyModel.base)
                .record(in: repository)
            let second = try Sample.checkpoint(
                seed: seed + 1, parents: [first], base: TinyModel.base
            ).record(in: repository)
            _ = try repository.publishHead(second, key: key)
            return second
        }

        /// Syncs news with a cut, then without, and looks whether all has come.
        ///
        /// - Returns: whether the first try brought the head in spite of the cut.
        func sync(
            _ way: Way, _ number: Int, cutting direction: CuttingProxy.Direction, after bytes: Int
        ) async throws -> Bool {
            let news = try news(number, way)
            proxy.begin(cutting: direction, after: bytes)
            let broken = try? await sync(way)
            proxy.begin()
            let whole = try await sync(way)
            #expect(whole.refusals == [], "cut after \(bytes) bytes")
            let receiver = receiver(way)
            #expect(
                try receiver.heads.head(of: key.id)?.checkpoint == news,
                "cut after \(bytes) bytes")
            for id in [news] + (try receiver.manifest(of: news).parents) {
                try receiver.verify(id, base: TinyModel.base)
            }
            return broken?.headsSent.isEmpty == false
        }

        private func receiver(_ way: Way) -> CheckpointRepository {
            way == .push ? daemon.daemon.checkpoints.repository : local.repository
        }
    }

    /// So many cuts are made on one daemon, which keeps what all of them brought.
    private static let cutsPerDaemon = 100

    @Test(arguments: Way.allCases, CuttingProxy.Direction.allCases)
    func aSyncCutAnywhereEndsAsIfItHadNotBeen(
        way: Way, direction: CuttingProxy.Direction
    ) async throws {
        let length = Mutex(0)
        try await withHosts { hosts in
            // The first sync of two hosts has more to say than those after it.
            for number in 1...2 {
                _ = try hosts.news(number, way)
                hosts.proxy.begin()
                _ = try await hosts.sync(way)
            }
            length.withLock { $0 = hosts.proxy.passed[direction] ?? 0 }
        }
        let cuts = Array(stride(from: 0, to: length.withLock { $0 }, by: Self.distance))
        #expect(cuts.count > 3)
        for start in stride(from: 0, to: cuts.count, by: Self.cutsPerDaemon) {
            let part = cuts[start..<min(start + Self.cutsPerDaemon, cuts.count)]
            try await withHosts { hosts in
                var broken = 0
                for (number, after) in part.enumerated() {
                    if try await !hosts.sync(way, number, cutting: direction, after: after) {
                        broken += 1
                    }
                }
                #expect(broken > part.count / 2, "most cuts end a sync")
            }
        }
    }

    /// A daemon with the tiny model, a host beside it, and a way between them that can be cut.
    private func withHosts(_ body: @escaping @Sendable (Hosts) async throws -> Void) async throws {
        try await TestDaemon.run { test in
            let directory = try TestSupport.TemporaryDirectory()
            try await test.useTinyModel(in: directory.path)
            try await body(
                Hosts(
                    local: StoreRemote(
                        name: "laptop",
                        repository: CheckpointRepository(directory: directory.path + "/laptop"),
                        base: TinyModel.base),
                    daemon: test,
                    proxy: try CuttingProxy(to: test.socket, at: directory.path + "/p.sock"),
                    directory: directory))
        }
    }
}
