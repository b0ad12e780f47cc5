import ControlAPI
import Foundation
import Testing

extension EndToEndTests {
    /// Keys change and are revoked, and other hosts hear of it by sync.
    @Suite struct KeyTests {
        @Test func trustFollowsAKeyThatIsChangedAndEndsWhenItIsRevoked() async throws {
            let scratch = try Scratch()
            let (laptop, desktop) = (
                Machine("laptop", in: scratch), Machine("desktop", in: scratch)
            )
            try await laptop.start()
            try await desktop.start()
            let done = { (host: Machine, words: [String]) in
                let outcome = try await host.attunectl(words)
                #expect(outcome.status == 0, "\(words): \(outcome)")
                return outcome.output
            }
            let first = try await laptop.client.send(ControlRoutes.showKey)
            let (early, late) = (scratch.path + "/early", scratch.path + "/late")
            _ = try await done(laptop, ["key", "revocation", "--output", early])
            _ = try await done(
                desktop, ["peer", "add", "laptop", "unix://" + laptop.socket])
            _ = try await done(desktop, ["sync", "laptop"])
            _ = try await done(
                desktop, ["peer", "trust", "laptop", "--fingerprint", first.fingerprint])

            let rotated = try await done(laptop, ["key", "rotate"])
            #expect(rotated.contains("was          \(first.fingerprint)"))
            _ = try await done(laptop, ["key", "revocation", "--output", late])
            let sync = try await done(desktop, ["sync", "laptop"])
            #expect(sync.contains("nothing new"), "the key's record came before: \(sync)")
            let second = try await laptop.client.send(ControlRoutes.showKey)
            let shown = try await done(desktop, ["peer", "show", "laptop"])
            #expect(shown.contains(second.fingerprint) && shown.contains("trusted      yes"))
            let fsck = try await done(desktop, ["fsck"])
            #expect(fsck.contains("1 record of keys"), "\(fsck)")

            // The laptop is stolen.
            let applied = try await done(desktop, ["key", "apply", late])
            #expect(applied == "\(second.fingerprint) is revoked\n")
            let list = try await done(desktop, ["peer", "list"])
            #expect(list.contains("revoked"), "\(list)")
            let refused = try await desktop.attunectl(
                "peer", "trust", "laptop", "--fingerprint", second.fingerprint)
            #expect(refused.status == 1 && refused.errors.contains("was revoked"), "\(refused)")
            // Who has it meets the others: it becomes another host.
            _ = try await done(desktop, ["sync", "laptop"])
            let third = try await laptop.client.send(ControlRoutes.showKey)
            #expect(third.host != second.host && third.predecessors == [])
            _ = try await done(desktop, ["sync", "laptop"])
            let stranger = try await done(desktop, ["peer", "show", "laptop"])
            #expect(stranger.contains(third.fingerprint) && stranger.contains("trusted      no"))

            let unasked = try await laptop.attunectl("key", "revoke")
            #expect(unasked.status == 2 && unasked.errors.contains("--yes"), "\(unasked)")
            let junk = try await desktop.attunectl("key", "apply", "-", input: "{}\n")
            #expect(junk.status == 5, "\(junk)")
            await laptop.stop()
            await desktop.stop()
        }
    }
}
