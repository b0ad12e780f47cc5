import ControlAPI
import Foundation
import Testing

extension EndToEndTests {
    /// A checkpoint travels, is verified, is not activated by that, and answers the same on the other side.
    @Suite struct SyncTests {
        @Test func aCheckpointReachesAnotherDaemonAndAnswersAlikeThere() async throws {
            try await travel { source, other in
                let sync = try await source.attunectl(
                    "sync", "unix://" + other.socket, "--json", "--events")
                #expect(sync.status == 0, "\(sync)")
                for key in ["planned", "progress", "checkpointSent", "headSent", "pulled"] {
                    #expect(sync.output.contains("\"\(key)\":"), "\(sync)")
                }
            } thenCheck: { source, other, checkpoint in
                let shown = try await source.attunectl("peer", "show", "--fingerprint")
                let fingerprint = shown.output.trimmingCharacters(in: .whitespacesAndNewlines)
                let unseen = try await other.attunectl(
                    "checkpoint", "promote", checkpoint, "--force")
                #expect(unseen.status == 4, "\(unseen)")
                #expect(unseen.errors.contains("no trusted host vouches for it"), "\(unseen)")
                let short = String(fingerprint.prefix(19))
                let trusted = try await other.attunectl(
                    "peer", "trust", short, "--fingerprint", fingerprint)
                #expect(trusted.status == 0, "\(trusted)")
                let judged = try await other.attunectl("checkpoint", "promote", checkpoint)
                #expect(judged.status == 4, "without feedback there is no evidence: \(judged)")
                let forced = try await other.attunectl(
                    "checkpoint", "promote", checkpoint, "--force")
                #expect(forced.status == 0, "\(forced)")

                let question = "How do I boil rice?"
                let ask = ["generate", "--greedy", "--max-tokens", "16", question]
                let there = try await other.attunectl(ask)
                let here = try await source.attunectl(ask + ["--checkpoint", checkpoint])
                #expect(here.status == 0 && !here.output.isEmpty, "\(here)")
                #expect(here.output == there.output)
            }
        }

        @Test func whatVerifyFindsDamagedComesBackByTheNextSync() async throws {
            try await travel { source, other in
                let sync = try await source.attunectl("sync", "unix://" + other.socket)
                #expect(sync.status == 0, "\(sync)")
            } thenCheck: { source, other, checkpoint in
                let report = try await other.client.send(
                    ControlRoutes.showCheckpoint, at: checkpoint)
                for id in [try #require(report.objects["adapter"]).id, checkpoint] {
                    let file = URL(filePath: "\(other.state)/objects/\(id.prefix(2))/\(id)")
                    var bytes = try Data(contentsOf: file)
                    bytes[bytes.count / 2] ^= 1
                    try bytes.write(to: file)
                    let found = try await other.attunectl("checkpoint", "verify", checkpoint)
                    #expect(found.status == 5, "\(found)")
                    let listed = try await other.attunectl("checkpoint", "list")
                    #expect(listed.status == 0, "\(listed)")
                    #expect(listed.output.contains("is damaged: cannot"), "\(listed)")

                    let sync = try await other.attunectl("sync", "unix://" + source.socket)
                    #expect(sync.status == 0, "\(sync)")
                    #expect(sync.output.contains("moved 1 checkpoint, 1 object,"), "\(sync)")
                    let sound = try await other.attunectl("checkpoint", "verify", checkpoint)
                    #expect(sound.status == 0, "\(sound)")
                }

                let adapter = try #require(report.objects["adapter"]).id
                let file = URL(filePath: "\(other.state)/objects/\(adapter.prefix(2))/\(adapter)")
                var bytes = try Data(contentsOf: file)
                bytes[bytes.count / 2] ^= 1
                try bytes.write(to: file)
                let glance = try await other.attunectl("fsck")
                #expect(glance.status == 0, "sizes tell nothing of a bit: \(glance)")
                let alone = try await other.attunectl("fsck", "--read-data")
                #expect(alone.status == 5, "\(alone)")
                #expect(alone.output.contains("checkpoint \(checkpoint.prefix(12))"), "\(alone)")
                let added = try await other.attunectl(
                    "peer", "add", "source", "unix://" + source.socket)
                #expect(added.status == 0, "\(added)")
                let repaired = try await other.attunectl("fsck", "--read-data", "--repair")
                #expect(repaired.status == 0, "\(repaired)")
            }
        }

        @Test func aCheckpointTravelsThroughADirectory() async throws {
            let stick = try Scratch()
            try await travel { source, other in
                let address = "dir://" + stick.path
                let pushed = try await source.attunectl("sync", address)
                #expect(pushed.status == 0, "\(pushed)")
                let pulled = try await other.attunectl("sync", address)
                #expect(pulled.status == 0, "\(pulled)")
            }
        }

        /// A real one is larger than a part.
        @Test func aCheckpointTravelsThroughABucket() async throws {
            let stores = try await RcloneStores.shared()
            try await travel { source, other in
                for machine in [source, other] {
                    let sync = try await machine.run(
                        BuiltProgram.attunectl,
                        ["sync", "rclone:s3:attune/travel", "--socket", machine.socket],
                        environment: stores.environment.merging(
                            ["XDG_CACHE_HOME": machine.state + "/cache"]) { $1 })
                    #expect(sync.status == 0, "\(sync)")
                }
            }
        }

        @Test func aBucketThatIsNotThereIsSaidToBe() async throws {
            let stores = try await RcloneStores.shared()
            let scratch = try Scratch()
            let machine = Machine(in: scratch)
            try await machine.start()
            let sync = try await machine.run(
                BuiltProgram.attunectl,
                ["sync", "rclone:nowhere:x", "--socket", machine.socket],
                environment: stores.environment)
            #expect(sync.status == 3 && sync.errors.contains("rclone lsf nowhere:x"), "\(sync)")
            await machine.stop()
        }

        @Test func aCheckpointTravelsThroughSSH() async throws {
            let server = try await SSHServer()
            try await travel { source, other in
                let sync = try await source.run(
                    BuiltProgram.attunectl,
                    [
                        "sync", server.address, "--peer-socket", other.socket, "--socket",
                        source.socket,
                    ],
                    environment: server.environment)
                #expect(sync.status == 0, "\(sync)")
                let far = try await source.run(
                    BuiltProgram.attunectl,
                    ["status", "--json", "--host", server.address, "--socket", other.socket],
                    environment: server.environment)
                #expect(far.output.contains(other.state), "\(far)")
            }
            await server.stop()
        }

        @Test func aKeyIsGoodForWhatItsForcedCommandSays() async throws {
            let server = try await SSHServer()
            try await travel { source, other in
                let attunectl = { (words: [String]) in
                    try await source.run(
                        BuiltProgram.attunectl, words + ["--socket", source.socket],
                        environment: server.environment)
                }
                let sync = { try await attunectl(["sync", server.address] + $0) }
                try server.force("attunectl dial-stdio --role pull --socket \(other.socket)")
                let push = try await sync(["--push"])
                #expect(push.status == 4 && push.errors.contains("its role is pull"), "\(push)")
                let status = try await attunectl(["status", "--host", server.address])
                #expect(status.status == 4, "\(status)")
                let pull = try await sync(["--pull"])
                #expect(pull.status == 0, "\(pull)")

                try server.force(
                    "attunectl dial-stdio --role peer --quota 1K --socket \(other.socket)")
                let large = try await sync([])
                #expect(large.status == 5 && large.output.contains("may hand over"), "\(large)")
                try server.force("attunectl dial-stdio --role peer --socket \(other.socket)")
                let both = try await sync([])
                #expect(both.status == 0 && both.output.contains("moved"), "\(both)")
                let use = try await attunectl(
                    ["checkpoint", "rollback", "--host", server.address])
                #expect(use.status == 4, "\(use)")
            }
            await server.stop()
        }

        /// Trains nothing: takes a trained host, lets its checkpoint be carried to a fresh one, and looks there.
        private func travel(
            by carry: (Machine, Machine) async throws -> Void,
            thenCheck check: (Machine, Machine, String) async throws -> Void = { _, _, _ in }
        ) async throws {
            let trained = try await TrainedHost.shared.make()
            let checkpoint = try #require(trained.round.checkpoint)
            let scratch = try Scratch()
            let source = try Machine(copying: trained.promoted, as: "source", in: scratch)
            let other = Machine("other", in: scratch)
            try await source.start(settings: TrainedHost.settings)
            try await other.start(settings: TrainedHost.settings, model: BuiltProgram.model)

            try await carry(source, other)

            let arrived = try await other.client.send(ControlRoutes.showCheckpoint, at: checkpoint)
            #expect(arrived.state == .candidate, "sync activates nothing")
            #expect(arrived.origin != "local")
            let verified = try await other.attunectl("checkpoint", "verify", checkpoint)
            #expect(verified.status == 0, "\(verified)")
            try await check(source, other, checkpoint)
            await source.stop()
            await other.stop()
        }
    }
}
