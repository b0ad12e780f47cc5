import AttuneDaemon
import CheckpointStore
import ControlAPI
import Foundation
import TestSupport
import Testing

/// The connection of a sync cut at bytes of its real transcript: HTTP on a socket, a daemon behind it.
///
/// `ATTUNE_CUTS=1 swift test -c release --filter WireCutTests` cuts at every byte there is; the number is the distance
/// between two cuts.
@Suite(.serialized) struct WireCutTests {
    private static let distance =
        ProcessInfo.processInfo.environment["ATTUNE_CUTS"].flatMap { Int($0) } ?? 151

    enum Way: CaseIterable, Sendable { case push, pull }

    private struct Hosts {
        let local: StoreRemote
        let daemon: TestDaemon
        let proxy: CuttingProxy
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

        func receiver(_ way: Way) -> CheckpointRepository {
            way == .push ? daemon.daemon.checkpoints.repository : local.repository
        }
    }

    @Test(arguments: Way.allCases, CuttingProxy.Direction.allCases)
    func aSyncCutAnywhereEndsAsIfItHadNotBeen(
        way: Way, direction: CuttingProxy.Direction
    ) async throws {
        try await TestDaemon.run { test in
            let directory = try TestSupport.TemporaryDirectory()
            let model = directory.path + "/tiny.gguf"
            try TinyModel.gguf().write(to: URL(filePath: model))
            _ = try await test.daemon.models.add(path: model, name: "tiny")
            _ = try await test.daemon.models.use("tiny", test.daemon.checkpoints)
            let hosts = Hosts(
                local: StoreRemote(
                    name: "local",
                    repository: CheckpointRepository(directory: directory.path + "/local"),
                    base: TinyModel.base),
                daemon: test,
                proxy: try CuttingProxy(to: test.socket, at: directory.path + "/p.sock"))

            var number = 1
            _ = try hosts.news(number, way)
            _ = try await hosts.sync(way)
            hosts.proxy.begin()
            number += 1
            _ = try hosts.news(number, way)
            _ = try await hosts.sync(way)
            let length = try #require(hosts.proxy.passed[direction])
            #expect(length > 1000)

            var cut = 0
            for after in stride(from: 0, to: length, by: Self.distance) {
                number += 1
                let news = try hosts.news(number, way)
                hosts.proxy.begin(cutting: direction, after: after)
                let broken = try? await hosts.sync(way)
                if broken?.headsSent.isEmpty ?? true { cut += 1 }
                hosts.proxy.begin()
                let whole = try await hosts.sync(way)
                #expect(whole.refusals == [], "cut after \(after) bytes")
                let receiver = hosts.receiver(way)
                #expect(
                    try receiver.heads.head(of: hosts.key.id)?.checkpoint == news,
                    "cut after \(after) bytes")
                for id in [news] + (try receiver.manifest(of: news).parents) {
                    try receiver.verify(id, base: TinyModel.base)
                }
            }
            #expect(cut > length / Self.distance / 2, "most cuts end a sync")
        }
    }
}
