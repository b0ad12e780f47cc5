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
    }
}
