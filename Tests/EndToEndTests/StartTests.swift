import ControlAPI
import Foundation
import Testing

extension EndToEndTests {
    @Suite struct StartTests {
        @Test func aSecondDaemonOnTheSameStateIsRefusedAndNamesTheFirst() async throws {
            let host = Machine(in: try Scratch())
            try await host.start()
            let first = try #require(host.daemon?.processID)

            let second = try await Machine(sharing: host, socket: "other.sock").startExpectingEnd()
            #expect(second.status == 1)
            #expect(second.errors.contains("process \(first)"), "\(second)")
            #expect(second.errors.contains("--state-dir"), "\(second)")

            let status = try await host.client.send(ControlRoutes.status)
            #expect(status.pid == first)
            #expect(await host.stop() == .exited(0))
        }

        @Test func aSocketLeftByACrashIsReplaced() async throws {
            let host = Machine(in: try Scratch())
            try await host.start()
            await host.crash()
            #expect(FileManager.default.fileExists(atPath: host.socket))

            let unreachable = try await host.attunectl("status")
            #expect(unreachable.status == 3, "\(unreachable)")

            try await host.start()
            let status = try await host.attunectl("status")
            #expect(status.status == 0, "\(status)")
            await host.stop()
            #expect(!FileManager.default.fileExists(atPath: host.socket))
        }

        @Test func aSocketThatAnotherDaemonAnswersOnIsLeftAlone() async throws {
            let host = Machine(in: try Scratch())
            try await host.start()
            let other = Machine("other", in: host.scratch, socket: host.socket)
            let outcome = try await other.startExpectingEnd()
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("another process answers there"), "\(outcome)")
            #expect(try await host.attunectl("status").status == 0)
            await host.stop()
        }

        @Test func anUnknownSettingIsNamedWithTheNearestKnownOne() async throws {
            let host = Machine(in: try Scratch())
            let outcome = try await host.startExpectingEnd(settings: "training:\n  betta: 0.1\n")
            #expect(outcome.status != 0)
            #expect(outcome.errors.contains("training.betta"), "\(outcome)")
            #expect(outcome.errors.contains("training.beta"), "\(outcome)")
        }

        @Test func aModelFileThatWasReplacedIsRefusedWithAdviceThatWorks() async throws {
            let host = Machine(in: try Scratch())
            let file = host.scratch.path + "/model.gguf"
            try FileManager.default.copyItem(atPath: BuiltProgram.model, toPath: file)
            try await host.start(model: file)
            await host.stop()

            // A byte after the last tensor makes it another file and no worse a model.
            let handle = try #require(FileHandle(forWritingAtPath: file))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data([0]))
            try handle.close()
            let refused = try await host.startExpectingEnd(model: file)
            #expect(refused.status == 1, "\(refused)")
            #expect(refused.errors.contains("a file name of its own"), "\(refused)")
            #expect(!refused.errors.contains("--name"), "attuned has no such option: \(refused)")

            let renamed = host.scratch.path + "/model-2.gguf"
            try FileManager.default.moveItem(atPath: file, toPath: renamed)
            try await host.start(model: renamed)
            #expect(try await host.client.send(ControlRoutes.status).model?.name == "model-2")
            await host.stop()
        }
    }
}
