import AttuneDaemon
import CheckpointStore
import ControlAPI
import FeedbackFormats
import FeedbackStore
import Foundation
import PreferenceLearning
import Testing

/// Two daemons and what goes between them; what goes between stores alone is the store's to test.
@Suite struct FeedbackSyncTests {
    /// Two daemons that know each other's hosts.
    private func withTwo(
        marked isMarked: Bool = true,
        _ body: @Sendable (TestDaemon, HostID, TestDaemon, HostID) async throws -> Void
    ) async throws {
        try await TestDaemon.run { one in
            try await TestDaemon.run { other in
                let here = one.daemon.checkpoints.key.id
                let there = other.daemon.checkpoints.key.id
                if isMarked {
                    try await mark(there, at: one)
                    try await mark(here, at: other)
                }
                try await body(one, here, other, there)
            }
        }
    }

    private func mark(_ host: HostID, at test: TestDaemon) async throws {
        _ = try await test.client.send(
            ControlRoutes.addPeer, PeerAddition(name: "other", address: "ssh://other"))
        _ = try await test.client.send(
            ControlRoutes.contactPeer, PeerContact(host: host), at: "other")
        _ = try await test.client.send(
            ControlRoutes.trustPeer, PeerTrust(fingerprint: host.fingerprint), at: "other")
        let peer = try await test.client.send(
            ControlRoutes.shareFeedback, FeedbackSharing(shared: true), at: "other")
        #expect(peer.sharesFeedback == true)
    }

    private func reconcile(
        _ one: TestDaemon, _ here: HostID, _ other: TestDaemon, _ there: HostID
    ) async throws -> FeedbackSyncSummary {
        try await FeedbackReconciler().reconcile(
            local: DaemonReplica(client: one.client, sharingWith: there),
            remote: DaemonReplica(client: other.client, sharingWith: here))
    }

    private func pairs(_ numbers: Range<Int>) -> [Feedback] {
        numbers.map { .pair("Question \($0)?", chosen: "Answer \($0).", rejected: "No \($0).") }
    }

    @Test func bothComeToHaveAllThatEitherHas() async throws {
        try await withTwo { one, here, other, there in
            let mine = try one.daemon.store.add(pairs(0..<700)).compactMap(\.id)
            let theirs = try other.daemon.store.add(pairs(650..<900)).compactMap(\.id)
            try one.daemon.store.retract(mine[3], reason: "a slip")
            let first = try await reconcile(one, here, other, there)
            #expect(first.sent.added == 650 && first.received.added == 200)
            #expect(first.sent.retracted == 1)
            _ = try await other.client.send(
                ControlRoutes.eraseFeedback, FeedbackErasure(ids: [theirs[200], mine[5]]))
            let second = try await reconcile(one, here, other, there)
            #expect(second.received.erased == 2 && second.sent.isEmpty)
            let entry = try await one.client.send(ControlRoutes.showFeedback, at: mine[5])
            #expect(entry.erasedAt != nil && entry.feedback.chosen == nil)
            #expect(try await reconcile(one, here, other, there) == FeedbackSyncSummary())
            #expect(
                try one.daemon.store.feedbackDigest(depth: 0)
                    == other.daemon.store.feedbackDigest(depth: 0))
        }
    }

    @Test func nothingLeavesForAHostThatIsNotMarked() async throws {
        try await withTwo(marked: false) { one, here, other, there in
            _ = try one.daemon.store.add(pairs(0..<3))
            let hash = try one.daemon.store.facts(under: [""]).facts[0].hash
            for replica in [DaemonReplica(client: one.client, sharingWith: there)] {
                #expect(try await kind { try await replica.digest(depth: 0) } == .untrusted)
                #expect(try await kind { try await replica.facts(under: [""]) } == .untrusted)
                #expect(try await kind { try await replica.entries(of: [hash]) } == .untrusted)
                #expect(try await kind { try await replica.unite([], []) } == .untrusted)
            }
            try await mark(there, at: one)
            #expect(
                try await kind { try await reconcile(one, here, other, there) } == .untrusted,
                "one side's mark is not enough")
            _ = try await one.client.send(
                ControlRoutes.shareFeedback, FeedbackSharing(shared: false), at: "other")
            try await mark(here, at: other)
            #expect(try await kind { try await reconcile(one, here, other, there) } == .untrusted)
            #expect(try other.daemon.store.counts().pairs == 0)
        }
    }

    @Test func onlyATrustedHostIsMarked() async throws {
        try await TestDaemon.run { test in
            _ = try await test.client.send(
                ControlRoutes.addPeer, PeerAddition(name: "nas", address: "ssh://nas"))
            let share = { (name: String) in
                try await kind {
                    try await test.client.send(
                        ControlRoutes.shareFeedback, FeedbackSharing(shared: true), at: name)
                }
            }
            #expect(try await share("nas") == .conflict)
            #expect(try await share("box") == .notFound)
        }
    }

    /// A host's id is no secret; its key is.
    @Test func whoOnlySaysItIsAHostIsFoundOut() async throws {
        try await withTwo { one, here, other, there in
            try await DaemonReplica.authenticate(other.client, as: there, to: here)
            let wrong = try await kind {
                try await DaemonReplica.authenticate(other.client, as: HostKey().id, to: here)
            }
            #expect(wrong == .integrity)
            let short = try await kind {
                try await other.client.send(
                    ControlRoutes.proveHost, HostChallenge(host: here, nonce: Data("x".utf8)))
            }
            #expect(short == .invalidRequest)
        }
    }

    @Test func limitsHold() async throws {
        try await withTwo { one, _, _, there in
            let replica = DaemonReplica(client: one.client, sharingWith: there)
            let many = Array(repeating: String(repeating: "a", count: 64), count: 501)
            let fetched = try await kind { try await replica.entries(of: many) }
            let united = try await kind {
                try await replica.unite([], many.map { FeedbackFact(hash: $0) })
            }
            let erased = try await kind {
                try await one.client.send(
                    ControlRoutes.eraseFeedback, FeedbackErasure(ids: many))
            }
            #expect([fetched, united, erased] == [.tooLarge, .tooLarge, .tooLarge])
            for depth in [-1, 5] {
                let digested = try await kind { try await replica.digest(depth: depth) }
                #expect(digested == .invalidRequest)
            }
            for prefixes in [["", ""], ["", "a"], ["a", "ab"], ["A"], ["abcde"], ["_"]] {
                let told = try await kind { try await replica.facts(under: prefixes) }
                #expect(told == .invalidRequest, "\(prefixes)")
            }
            let buckets = (0..<5001).map { FeedbackDigest.prefix(ofBucket: $0, depth: 4) }
            #expect(try await kind { try await replica.facts(under: buckets) } == .tooLarge)
            let sound = try await kind { try await replica.facts(under: Array(buckets.dropLast())) }
            #expect(sound == nil)
        }
    }

    /// Roles below `full` read no text unless they may have feedback, and then only of a marked host.
    @Test func aRoleHasFeedbackOnlyWhereItIsAllowed() async throws {
        try await withTwo { one, _, _, there in
            let raw = try RawRequest(socket: one.socket)
            let stranger = HostKey().id
            let requests = [
                (line: "POST /v1/feedback/facts", body: #"{"host":"\#(there)","prefixes":[""]}"#),
                ("POST /v1/feedback/facts", #"{"host":"\#(stranger)","prefixes":[""]}"#),
                ("POST /v1/feedback/unite", #"{"host":"\#(there)","entries":[],"facts":[]}"#),
                ("GET /v1/feedback", ""), ("GET /v1/feedback/export?format=attune", ""),
                ("POST /v1/feedback/erase", #"{"ids":[]}"#),
            ]
            func statuses(_ limits: String...) async throws -> [Int] {
                let preambles = limits.map { (line: "POST /v1/connection", body: $0) }
                return Array(
                    try await raw.statuses(of: preambles + requests).dropFirst(limits.count))
            }
            let none = Array(repeating: 403, count: 6)
            #expect(try await statuses(#"{"role":"pull"}"#) == none)
            #expect(try await statuses(#"{"role":"peer"}"#) == none)
            #expect(
                try await statuses(#"{"role":"pull","feedback":"\#(there.fingerprint)"}"#)
                    == [200, 403, 403, 403, 403, 403])
            #expect(
                try await statuses(#"{"role":"peer","feedback":"\#(there)"}"#)
                    == [200, 403, 200, 403, 403, 403])
            #expect(try await statuses(#"{"role":"full"}"#) == [200, 403, 200, 200, 200, 200])
            #expect(
                try await statuses(
                    #"{"role":"peer"}"#, #"{"role":"full","feedback":"\#(there)"}"#)
                    == none,
                "rights do not come back")
            #expect(
                try await raw.statuses(of: [
                    ("POST /v1/connection", #"{"role":"peer","feedback":"3f2a"}"#)
                ]) == [400])
        }
    }

    /// An ssh key is of one host; the ids of others are no secret.
    @Test func aConnectionHasFeedbackAsTheHostThatItIsOf() async throws {
        try await withTwo { one, _, _, there in
            let (revoked, next) = (HostKey(), HostKey())
            let raw = try RawRequest(socket: one.socket)
            func status(_ limits: String..., as host: HostID) async throws -> Int? {
                try await raw.statuses(
                    of: limits.map { (line: "POST /v1/connection", body: $0) } + [
                        (
                            line: "POST /v1/feedback/facts",
                            body: #"{"host":"\#(host)","prefixes":[]}"#
                        )
                    ]
                ).last
            }
            let limits = #"{"role":"pull","feedback":"\#(revoked.id.fingerprint)"}"#
            #expect(try await status(limits, as: revoked.id) == 403, "it is not marked")
            #expect(try await status(limits, as: there) == 403, "it is another one's")
            let both = #"{"role":"full","feedback":"\#(there.fingerprint)"}"#
            #expect(try await status(both, as: there) == 200)
            #expect(try await status(limits, both, as: there) == 403, "rights do not come back")

            // The same host goes on with another key.
            let client = one.client
            _ = try await client.send(
                ControlRoutes.addPeer, PeerAddition(name: "third", address: "ssh://third"))
            _ = try await client.send(
                ControlRoutes.contactPeer, PeerContact(host: revoked.id), at: "third")
            _ = try await client.send(
                ControlRoutes.trustPeer, PeerTrust(fingerprint: revoked.id.fingerprint), at: "third"
            )
            _ = try await client.send(
                ControlRoutes.shareFeedback, FeedbackSharing(shared: true), at: "third")
            #expect(try await status(limits, as: revoked.id) == 200)
            for (record, expected) in [
                (try KeyRecord(succeeding: revoked, by: next), 200),
                (try KeyRecord(revoking: revoked), 403),
            ] {
                try await client.send(
                    ControlRoutes.putKeyRecord, KeyRecordDelivery(record: record),
                    at: revoked.id.description)
                #expect(try await status(limits, as: next.id) == expected)
                #expect(try await status(limits, as: there) == 403)
            }
        }
    }

    /// A time that no calendar has, and facts without text, which count against a quota like text.
    @Test func whatAPeerSaysIsMeasured() async throws {
        try await withTwo { one, _, _, there in
            let raw = try RawRequest(socket: one.socket)
            let hash = { (digit: String) in String(repeating: digit, count: 64) }
            func erasure(_ digit: String, at time: String) -> (line: String, body: String) {
                let fact = #"{"hash":"\#(hash(digit))","erasedAt":"\#(time)"}"#
                return (
                    "POST /v1/feedback/unite",
                    #"{"host":"\#(there)","entries":[],"facts":[\#(fact)]}"#
                )
            }
            let now = "2026-11-23T17:39:28.123Z"
            let quota = #"{"role":"peer","feedback":"\#(there.fingerprint)","quota":150}"#
            let statuses = try await raw.statuses(of: [
                erasure("a", at: "9999999999-01-01T00:00:00.000Z"), erasure("a", at: "never"),
                ("POST /v1/connection", quota),
                erasure("b", at: now), erasure("c", at: now), erasure("d", at: now),
            ])
            #expect(statuses == [400, 400, 200, 200, 200, 403])
            #expect(
                try one.daemon.store.facts(under: [""]).facts.map(\.hash) == ["b", "c"].map(hash))
        }
    }

    /// What keeps an erasure from its end is no reason for a daemon not to start.
    @Test func aDaemonStartsWhileErasedTextCannotBeCleared() async throws {
        let ledger = try TestLedger()
        let id = try #require(try ledger.store.add(pairs(0..<1))[0].id)
        let database = ledger.store.path
        let obstacle = database + ".v0001-first"
        try FileManager.default.createDirectory(
            atPath: obstacle, withIntermediateDirectories: true)
        #expect(throws: StoreError.self) { try ledger.store.erase([id]) }
        try ledger.store.close()
        try await TestDaemon.run(keepingState: ledger.directory) { test in
            let entry = try await test.client.send(ControlRoutes.showFeedback, at: id)
            #expect(entry.erasedAt != nil)
            #expect(try test.daemon.store.setting("erasure.pending") == id)
            try FileManager.default.removeItem(atPath: obstacle)
            try test.daemon.store.clearErasedText()
            #expect(try test.daemon.store.setting("erasure.pending") == nil)
        }
    }

    @Test func aRoundThatHasTheTextEndsWithItsFiles() async throws {
        try await withTwo { one, here, other, there in
            let (store, trainer) = (one.daemon.store, one.daemon.trainer)
            let ids = try store.add(pairs(0..<40)).compactMap(\.id)
            _ = try await reconcile(one, here, other, there)
            let window = try store.window(limit: 4)
            let plan = RoundPlan(
                seed: 1,
                window: window.map {
                    PairExample(
                        id: $0.id, prompt: [], chosen: $0.feedback.chosen,
                        rejected: $0.feedback.rejected)
                }, heldOut: [])
            let model = ObjectID(hashing: Data("m".utf8))
            let round = try store.beginRound(
                plan: RoundRecord(plan: plan, model: model).json(), new: window.map(\.id))
            // It waits for a model.
            _ = try? await trainer.resume()
            let files = "\(one.daemon.directory.rounds)/\(round)"
            let left = "\(one.daemon.directory.rounds)/\(round + 1)"
            for folder in [files, left] {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true)
            }
            let bystander = try #require(ids.first { id in !window.contains { $0.id == id } })
            let kept = try await one.client.send(
                ControlRoutes.eraseFeedback, FeedbackErasure(ids: [bystander]))
            #expect(kept.cancelledRound == nil)
            #expect(try store.runningRound()?.id == round)
            #expect(FileManager.default.fileExists(atPath: files))
            #expect(!FileManager.default.fileExists(atPath: left), "files that a crash has left")

            // Erasures of what is erased already, of what is not here, and such as are not taken.
            let known = try store.facts(under: [""]).facts
            let wanted = try #require(known.first { $0.id == window[1].id })
            let gone = try #require(known.first { $0.id == bystander })
            let zeros = String(repeating: "0", count: 48)
            let peer = DaemonReplica(client: one.client, sharingWith: there)
            _ = try await peer.unite(
                [],
                [
                    gone, FeedbackFact(hash: wanted.id + zeros, erasedAt: Date()),
                    FeedbackFact(hash: wanted.hash, erasedAt: Date(), checkpoints: ["none"]),
                ])
            #expect(try store.runningRound()?.id == round)

            _ = try await other.client.send(
                ControlRoutes.eraseFeedback, FeedbackErasure(ids: [window[1].id]))
            _ = try await reconcile(one, here, other, there)
            #expect(try store.round(round).state == .cancelled)
            #expect(!FileManager.default.fileExists(atPath: files))
            #expect(try !store.round(round).plan.contains(window[1].feedback.chosen ?? ""))
            #expect(try store.round(round).plan.contains(window[0].feedback.chosen ?? ""))
            let report = try await one.client.send(ControlRoutes.showRound, at: "\(round)")
            #expect(report.items.offline == 4)
        }
    }

    @Test func checkpointsAndTheirDescendantsAreMarkedWhoeverMadeThem() async throws {
        let ledger = try TestLedger()
        let trained = try ledger.checkpoint(1, from: "ssh://other")
        let innocent = try ledger.checkpoint(2)
        let merge = try ledger.library.repository.merge(
            trained, innocent, by: .mean, host: ledger.library.key.id
        ).checkpoint
        try ledger.store.register(checkpoint: merge.hex, origin: StoredCheckpoint.mergeOrigin)
        let hash = { (digit: String) in String(repeating: digit, count: 64) }
        _ = try ledger.store.add(pairs(0..<1))
        let known = try ledger.store.facts(under: [""]).facts[0].hash
        _ = try ledger.store.unite(
            [],
            [
                FeedbackFact(hash: hash("a"), erasedAt: Date(), checkpoints: [trained.hex]),
                FeedbackFact(
                    hash: known, retraction: Retraction(at: Date()), checkpoints: [trained.hex]),
                FeedbackFact(hash: hash("b"), erasedAt: Date(), checkpoints: [hash("c")]),
            ])
        try ledger.store.close()
        let expected = Withdrawals(erased: 1, retracted: 1)
        try await TestDaemon.run(keepingState: ledger.directory) { test in
            let reports = try await test.client.send(ControlRoutes.listCheckpoints, PageQuery())
            for report in reports.items {
                #expect(report.withdrawals == (report.id == innocent.hex ? nil : expected))
            }
            #expect(reports.items.count == 3)
        }
    }
}
