import ControlAPI
import Foundation
import Testing

extension EndToEndTests {
    /// What scripts rely on: keys of JSON answers and how the programs are linked.
    @Suite struct OutputTests {
        @Test func jsonKeysAreThose() async throws {
            let trained = try await TrainedHost.shared.make()
            let host = try Machine(copying: trained.promoted, in: try Scratch())
            try await host.start(settings: TrainedHost.settings)
            let checkpoint = try #require(trained.round.checkpoint)
            let expected: [([String], String)] = [
                (
                    ["status"],
                    """
                    apiVersion disk feedback head host labels memory model pid stateDirectory \
                    training uptimeSeconds version
                    """
                ),
                (["doctor"], "checks"),
                (["config", "show"], "file settings"),
                (
                    ["feedback", "list", "--limit", "1"],
                    "chosen heldOut id kind prompt recordedAt rejected"
                ),
                (
                    ["label", "list", "--limit", "1"],
                    """
                    askedAt candidates closedAt draw feedback id prompt reason round rule score \
                    state verdict weight
                    """
                ),
                (
                    ["round", "show", "1"],
                    """
                    asks checkpoint finishedAt gate id items metrics promoted seconds seed \
                    startedAt state unaskable
                    """
                ),
                (
                    ["checkpoint", "show", checkpoint],
                    """
                    addedAt alpha base gate host id metrics objects origin parents rank \
                    round state targetModules
                    """
                ),
                (["checkpoint", "verify", checkpoint], "checks subject"),
                (["checkpoint", "gc"], "applied bytes checkpoints objects"),
                (["peer", "show"], "fingerprint host trusted"),
                (
                    ["model", "list"],
                    """
                    addedAt architecture contextLength fingerprint inUse layers name path size \
                    vocabularySize width
                    """
                ),
                (["model", "tokenize", "hello"], "pieces text tokens"),
                (
                    ["generate", "--greedy", "--max-tokens", "4", "Hi"],
                    "finishReason prompt response tokens"
                ),
                (["key", "show"], "fingerprint host predecessors"),
                (
                    ["key", "revocation", "--output", host.scratch.path + "/revocation"],
                    "fingerprint host output"
                ),
                (["key", "rotate"], "before fingerprint host revoked"),
                (["key", "revoke", "--yes"], "before fingerprint host revoked"),
                (
                    ["key", "apply", host.scratch.path + "/revocation"], "fingerprint host revoked"
                ),
            ]
            for (command, keys) in expected {
                let outcome = try await host.run(
                    BuiltProgram.attunectl, command + ["--json", "--socket", host.socket])
                #expect(outcome.status == 0, "\(command): \(outcome)")
                let lines = outcome.output.split(separator: "\n")
                let object = try JSONSerialization.jsonObject(with: Data((lines.first ?? "").utf8))
                let found = (object as? [String: Any])?.keys.sorted().joined(separator: " ")
                #expect(found == keys, "\(command)")
            }
            await host.stop()
        }

        @Test("The control tool is linked to neither the model's arithmetic nor the database")
        func theControlToolIsLight() async throws {
            let host = Machine(in: try Scratch())
            let tool = try await host.run("/usr/bin/ldd", [BuiltProgram.attunectl])
            let daemon = try await host.run("/usr/bin/ldd", [BuiltProgram.attuned])
            for library in ["libopenblas", "libsqlite3", "libsystemd"] {
                #expect(!tool.output.contains(library))
                #expect(daemon.output.contains(library), "the check itself would see it")
            }
        }

        @Test func helpAndVersionNeedNoDaemon() async throws {
            let host = Machine(in: try Scratch())
            for program in [BuiltProgram.attuned, BuiltProgram.attunectl] {
                for flag in ["--help", "--version"] {
                    let outcome = try await host.run(program, [flag])
                    #expect(outcome.status == 0, "\(outcome)")
                    #expect(!outcome.output.isEmpty)
                }
            }
        }
    }
}
