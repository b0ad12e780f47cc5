import ControlAPI
import FeedbackFormats
import Foundation
import Testing

extension EndToEndTests {
    /// Text goes where it is let go, and nowhere else; and when it is erased, it is gone there as well.
    @Suite struct FeedbackSyncTests {
        private let secret = "ZANZIBAR-4711"

        private func add(_ prompt: String, _ chosen: String, at host: Machine) async throws
            -> String
        {
            let added = try await host.attunectl(
                "feedback", "add", "--json", "--prompt", prompt, "--chosen", chosen, "--rejected",
                "No.")
            try #require(added.status == 0, "\(added)")
            let found = try await host.client.send(
                ControlRoutes.listFeedback, FeedbackQuery(search: chosen))
            return try #require(found.items.first).id
        }

        /// Trusts a host and shares feedback with it.
        private func mark(_ other: Machine, at host: Machine) async throws {
            let shown = try await other.attunectl("peer", "show", "--fingerprint")
            let fingerprint = shown.output.trimmingCharacters(in: .whitespacesAndNewlines)
            let marked = try await host.attunectl(
                "peer", "trust", "other", "--feedback", "--fingerprint", fingerprint)
            try #require(marked.status == 0, "\(marked)")
            #expect(marked.output.contains("exchanged by sync"), "\(marked)")
        }

        /// The files under a state directory in which the bytes stand.
        private func files(of host: Machine, holding text: String) throws -> [String] {
            let folder = URL(filePath: host.state)
            let names = FileManager.default.enumerator(atPath: host.state)?.allObjects ?? []
            return try names.compactMap { $0 as? String }.filter { name in
                let file = folder.appending(path: name)
                let type = try FileManager.default.attributesOfItem(
                    atPath: file.path(percentEncoded: false))[.type]
                guard type as? FileAttributeType == .typeRegular else { return false }
                return try Data(contentsOf: file).range(of: Data(text.utf8)) != nil
            }
        }

        @Test func textLeavesOnlyWithBothMarksAndAnErasureFollowsIt() async throws {
            let scratch = try Scratch()
            let (one, other) = (Machine("one", in: scratch), Machine("other", in: scratch))
            try await one.start()
            try await other.start()
            for (host, peer) in [(one, other), (other, one)] {
                let added = try await host.attunectl(
                    "peer", "add", "other", "unix://" + peer.socket)
                try #require(added.status == 0, "\(added)")
            }
            let secretID = try await add("Where is \(secret)?", "\(secret) is here.", at: one)
            let plainID = try await add("What is plain?", "This is plain.", at: other)

            let bare = try await one.attunectl("sync", "other")
            #expect(bare.status == 0 && !bare.output.contains("feedback"), "\(bare)")
            let met = try await other.attunectl("sync", "other")
            #expect(met.status == 0, "\(met)")
            try await mark(other, at: one)
            let alone = try await one.attunectl("sync", "other")
            #expect(alone.status == 0 && alone.output.contains("none exchanged"), "\(alone)")
            #expect(try files(of: other, holding: secret) == [])

            try await mark(one, at: other)
            let dry = try await one.attunectl("sync", "other", "--dry-run")
            #expect(dry.output.contains("would receive 1 new; would send 1 new"), "\(dry)")
            #expect(try files(of: other, holding: secret) == [])
            let elsewhere = scratch.path + "/elsewhere.sock"
            try FileManager.default.createSymbolicLink(
                atPath: elsewhere, withDestinationPath: other.socket)
            let unnamed = try await one.attunectl("sync", "unix://" + elsewhere)
            #expect(unnamed.output.contains("not at this address"), "\(unnamed)")
            #expect(try files(of: other, holding: secret) == [])
            let both = try await one.attunectl("sync", "other", "--json")
            let object = try JSONSerialization.jsonObject(with: Data(both.output.utf8))
            let feedback = (object as? [String: Any])?["feedback"] as? [String: Any]
            let summary = feedback?["summary"] as? [String: Any]
            #expect((summary?["sent"] as? [String: Int])?["added"] == 1, "\(both)")
            #expect((summary?["received"] as? [String: Int])?["added"] == 1, "\(both)")
            let there = try await other.attunectl("feedback", "show", secretID)
            #expect(there.status == 0 && there.output.contains(secret), "\(there)")
            #expect(try !files(of: other, holding: secret).isEmpty, "the test itself would see it")

            let unasked = try await other.attunectl("feedback", "erase", secretID)
            #expect(unasked.status == 2, "\(unasked)")
            let erased = try await other.attunectl("feedback", "erase", "--yes", secretID)
            #expect(erased.status == 0 && erased.output.contains("erased \(secretID)"), "\(erased)")
            let retracted = try await other.attunectl("feedback", "retract", plainID)
            #expect(retracted.status == 0, "\(retracted)")
            let again = try await other.attunectl("sync", "other")
            #expect(again.output.contains("feedback: sent 1 retracted, 1 erased"), "\(again)")
            let entries = try await one.client.send(
                ControlRoutes.listFeedback, FeedbackQuery(retracted: true)
            ).items
            #expect(entries.count == 2)
            #expect(entries.allSatisfy { $0.retraction != nil })
            let refused = try await one.attunectl(
                "feedback", "add", "--prompt", "Where is \(secret)?", "--chosen",
                "\(secret) is here.", "--rejected", "No.")
            #expect(refused.errors.contains("erased") || refused.output.contains("erased"))
            let quiet = try await one.attunectl("sync", "other")
            #expect(quiet.output.contains("feedback: nothing new"), "\(quiet)")
            for host in [one, other] {
                #expect(try files(of: host, holding: secret) == [])
                let sound = try await host.attunectl("fsck", "--read-data")
                #expect(sound.status == 0, "\(sound)")
            }

            let ended = try await one.attunectl("peer", "trust", "other", "--no-feedback")
            #expect(ended.output.contains("does not go there"), "\(ended)")
            _ = try await add("One thing more?", "For me alone.", at: one)
            let last = try await other.attunectl("sync", "other")
            #expect(last.status == 0 && last.output.contains("not marked"), "\(last)")
            #expect(try files(of: other, holding: "For me alone") == [])
            await one.stop()
            await other.stop()
            for host in [one, other] { #expect(try files(of: host, holding: secret) == []) }
        }

        @Test func aKeyCarriesTextOnlyIfItsForcedCommandSaysSo() async throws {
            let server = try await SSHServer()
            let scratch = try Scratch()
            let (one, other) = (Machine("one", in: scratch), Machine("other", in: scratch))
            try await one.start()
            try await other.start()
            let sync = {
                try await one.run(
                    BuiltProgram.attunectl, ["sync", "other", "--socket", one.socket],
                    environment: server.environment)
            }
            for (host, address) in [(one, server.address), (other, "unix://" + one.socket)] {
                let added = try await host.attunectl("peer", "add", "other", address)
                try #require(added.status == 0, "\(added)")
            }
            _ = try await add("Where is \(secret)?", "\(secret) is here.", at: one)
            try server.force("attunectl dial-stdio --role peer --socket \(other.socket)")
            let first = try await sync()
            #expect(first.status == 0 && !first.output.contains("feedback"), "\(first)")
            let met = try await other.attunectl("sync", "other")
            #expect(met.status == 0, "\(met)")
            try await mark(other, at: one)
            try await mark(one, at: other)
            let refused = try await sync()
            #expect(refused.status == 0, "\(refused)")
            #expect(refused.output.contains("its role is peer, without `--feedback`"), "\(refused)")
            #expect(try files(of: other, holding: secret) == [])
            func admit(_ host: Machine) async throws {
                let shown = try await host.attunectl("peer", "show", "--fingerprint")
                let fingerprint = shown.output.trimmingCharacters(in: .whitespacesAndNewlines)
                try server.force(
                    "attunectl dial-stdio --role peer --feedback \(fingerprint)"
                        + " --socket \(other.socket)")
            }
            try await admit(other)
            let misnamed = try await sync()
            #expect(misnamed.output.contains("names another host"), "\(misnamed)")
            #expect(try files(of: other, holding: secret) == [])
            try await admit(one)
            let sent = try await sync()
            #expect(sent.output.contains("feedback: sent 1 new"), "\(sent)")
            #expect(try !files(of: other, holding: secret).isEmpty)
            let read = try await one.run(
                BuiltProgram.attunectl, ["feedback", "list", "--host", server.address],
                environment: server.environment)
            #expect(read.status == 4, "\(read)")
            await one.stop()
            await other.stop()
            await server.stop()
        }

        /// What a round has trained on is in its plan as well; the checkpoint says what it has seen.
        @Test func erasingWhatWasTrainedOnLeavesAMarkAndNoText() async throws {
            let trained = try await TrainedHost.shared.make()
            let host = try Machine(copying: trained.promoted, in: try Scratch())
            try await host.start(settings: TrainedHost.settings)
            let entries = try await host.client.send(
                ControlRoutes.listFeedback, FeedbackQuery(limit: 100)
            ).items
            let entry = try #require(entries.first { !$0.trainedIn.isEmpty })
            let texts = [entry.feedback.prompt[0].content, entry.feedback.rejected ?? ""]
            for text in texts { #expect(try !files(of: host, holding: text).isEmpty) }
            let erased = try await host.attunectl("feedback", "erase", "--yes", entry.id)
            #expect(erased.status == 0, "\(erased)")
            for text in texts { #expect(try files(of: host, holding: text) == [], "\(text)") }
            let checkpoint = try #require(trained.round.checkpoint)
            let report = try await host.client.send(ControlRoutes.showCheckpoint, at: checkpoint)
            #expect(report.withdrawals == Withdrawals(erased: 1, retracted: 0))
            let round = try await host.client.send(ControlRoutes.showRound, at: "1")
            #expect(round.withdrawals == report.withdrawals && round.items.offline > 0)
            for command in [
                ["checkpoint", "list"], ["checkpoint", "show", checkpoint], ["round", "show", "1"],
            ] {
                let shown = try await host.attunectl(command)
                #expect(shown.output.contains("1 erased feedback"), "\(shown)")
            }
            await host.stop()
            for text in texts { #expect(try files(of: host, holding: text) == [], "\(text)") }
        }
    }
}
