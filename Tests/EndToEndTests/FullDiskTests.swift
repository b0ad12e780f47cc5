import ControlAPI
import FeedbackFormats
import Foundation
import Testing

extension EndToEndTests {
    @Suite struct FullDiskTests {
        /// The state directory is a file system of 12 MB in a mount namespace of the daemon's own, so that the mount goes
        /// with the daemon; the test reaches it through the daemon's root.
        @Test func aFullDiskIsSaidPlainlyAndNothingAcknowledgedIsLost() async throws {
            let host = Machine(in: try Scratch())
            try FileManager.default.createDirectory(
                atPath: host.state, withIntermediateDirectories: false)
            let mount = #"mount -t tmpfs -o size=12m,mode=700 attune "$1" && shift && exec "$@""#
            let user = geteuid() == 0 ? [] : ["--map-root-user"]
            try await host.start(
                wrapper: ["/usr/bin/unshare", "--mount"] + user
                    + ["/bin/sh", "-c", mount, "sh", host.state])
            let daemon = try #require(host.daemon?.processID)
            let inside = "/proc/\(daemon)/root\(host.state)"

            #expect(try await Self.add(host.client, "before").result == .added)
            let ballast = inside + "/ballast"
            try Self.fill(ballast)

            var acknowledged = 1
            var failure: ControlError?
            for number in 0..<1000 where failure == nil {
                do {
                    _ = try await Self.add(host.client, "full \(number)")
                    acknowledged += 1
                } catch let error as ControlError {
                    failure = error
                }
            }
            #expect(failure?.kind == .storageFull, "\(failure as Any)")
            let said = try await host.attunectl(
                "feedback", "add", "--prompt", "Still?", "--chosen", Self.long, "--rejected", "No.")
            #expect(said.status == 1, "\(said)")
            #expect(said.errors.contains("cannot"), "\(said)")
            #expect(said.errors.localizedStandardContains("space"), "\(said)")
            #expect(try await host.attunectl("feedback", "list").status == 0, "reading goes on")

            try FileManager.default.removeItem(atPath: ballast)
            #expect(try await Self.add(host.client, "after").result == .added)
            acknowledged += 1
            #expect(try await host.client.send(ControlRoutes.status).feedback.total == acknowledged)
            await host.stop()
        }

        private static let long = String(repeating: "Long enough to need new pages. ", count: 1000)

        private static func add(_ client: ControlClient, _ prompt: String) async throws
            -> FeedbackOutcome
        {
            let item = Feedback(
                kind: .pair, prompt: [.user(prompt)], chosen: "\(prompt) \(long)", rejected: "no")
            let answer = try await client.send(
                ControlRoutes.addFeedback, FeedbackBatch(items: [item]))
            return try #require(answer.outcomes.first)
        }

        /// Writes until there is no room for another page.
        private static func fill(_ path: String) throws {
            let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            try #require(file >= 0, "cannot reach the daemon's file system at \(path)")
            defer { close(file) }
            let page = [UInt8](repeating: 0, count: 4096)
            while write(file, page, page.count) == page.count {}
            try #require(errno == ENOSPC)
        }
    }
}
