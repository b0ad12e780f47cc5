import CheckpointStore
import ControlAPI
import FeedbackFormats
import Foundation
import Testing
import attunectl

@Suite struct TextTests {
    private let gate = GateReport(
        verdict: .insufficientEvidence,
        checks: [
            .init(
                name: "margin", value: 0.12, bound: 0, comparison: ">=", passed: true,
                explanation: "paired bootstrap"),
            .init(
                name: "pairs", value: 3, bound: 20, comparison: ">=", passed: false,
                explanation: "held-out pairs"),
        ], explanation: "3 held-out pairs are too few.")

    @Test func bytesAreReadAsPeopleWriteThem() {
        #expect(ByteCount(argument: "4096")?.bytes == 4096)
        #expect(ByteCount(argument: "500k")?.bytes == 500 << 10)
        #expect(ByteCount(argument: "2G")?.bytes == 2 << 30)
        for text in ["", "K", "0", "-1K", "1.5M", "2T", "9999999999999G"] {
            #expect(ByteCount(argument: text) == nil, "\(text)")
        }
    }

    @Test func checkpointsAreDrawnWithWhatTheyComeFrom() throws {
        let time = Date(timeIntervalSince1970: 0)
        func report(_ id: String, _ parents: [String]) -> CheckpointReport {
            CheckpointReport(
                id: id, parents: parents, state: .candidate, origin: "laptop", addedAt: time)
        }
        let drawn = { (checkpoints: [CheckpointReport]) in
            CheckpointGraph.text(checkpoints, heads: [], own: "").split(separator: "\n").map {
                $0.replacing(Format.time(time), with: "").split(separator: " ")
                    .filter { $0 != "laptop" }.joined(separator: " ")
            }
        }
        // Whatever the order in which they came, children stand above their parents.
        let merged = [
            report("root", []), report("merge", ["left", "right"]), report("right", ["root"]),
            report("left", ["root"]),
        ]
        #expect(drawn(merged) == ["* merge", "|\\", "| * right", "* | left", "|/", "* root"])
        #expect(drawn([report("b", ["a"]), report("a", ["gone"])]) == ["* b", "* a"])
        #expect(
            drawn([report("two", ["root"]), report("one", ["root"]), report("root", [])])
                == ["* two", "| * one", "|/", "* root"])
        // A line that ends leaves its place free, and one that crosses others does so step by step.
        #expect(
            drawn([report("d", ["a"]), report("c", ["b"]), report("a", []), report("b", [])])
                == ["* d", "| * c", "* | a", "* b"])
        #expect(
            drawn([
                report("x", ["p"]), report("y", ["q"]), report("z", ["p"]), report("p", []),
                report("q", []),
            ]) == ["* x", "| * y", "| | * z", "| |/", "|/|", "* | p", "* q"])
        #expect(CheckpointGraph.text([], heads: [], own: "") == "no checkpoints yet")
        let key = HostKey()
        let id = ObjectID(hashing: Data("root".utf8))
        let head = try SignedHead(checkpoint: id, counter: 1, key: key)
        let own = CheckpointGraph.text(
            [report(id.hex, [])], heads: [head], own: key.id.description)
        #expect(own.hasSuffix("← head here"))
        let others = CheckpointGraph.text([report(id.hex, [])], heads: [head], own: "another")
        #expect(others.hasSuffix("← head of \(key.id.short)"))
    }

    @Test func statusOfAFreshDaemon() {
        let status = StatusReport(
            version: "0.1.0", pid: 42, uptimeSeconds: 3, host: String(repeating: "ab", count: 32),
            stateDirectory: "/s", model: nil, head: nil,
            feedback: FeedbackCounts(
                total: 3, pairs: 2, ties: 0, ratings: 1, edits: 0, retracted: 0, heldOut: 1,
                untrained: 1, tooLong: 0),
            labels: LabelCounts(
                open: 0, answered: 0, skipped: 0, expired: 0, askedToday: 0, dailyLimit: 20),
            training: TrainingStatus(state: .idle),
            disk: DiskReport(used: 2048, available: 1 << 30),
            memory: MemoryReport(resident: 1 << 20, peak: 1 << 21))
        #expect(
            StatusText.status(status) == """
                daemon    0.1.0, pid 42, up 3.0 s
                state     /s
                host      abab-abab-abab-abab
                model     none
                head      none: the model as it came
                feedback  3 (2 pairs, 1 ratings); 1 not trained on yet, 1 held out, 0 retracted
                labels    0 open, 0 answered, 0 skipped, 0 expired; asked 0 of 20 today
                training  idle
                disk      2.0 KiB used, 1.0 GiB free
                memory    1.0 MiB, peak 2.0 MiB
                """)
    }

    @Test func aRoundThatWaitsSaysWhy() {
        let status = TrainingStatus(
            state: .running, round: 3, slowedBy: "the machine runs on battery")
        let text = "running, round 3; slower, since the machine runs on battery"
        #expect(StatusText.training(status) == text)
    }

    @Test func theGateSaysWhatFailedAndWhy() {
        #expect(
            RoundText.gate(gate) == """
                gate: not enough evidence
                3 held-out pairs are too few.
                CHECK    VALUE  MUST BE             WHY
                margin  0.1200  >= 0.0000   ok      paired bootstrap
                pairs   3.0000  >= 20.0000  FAILED  held-out pairs
                """)
    }

    @Test func aPromotionKeptBackSaysWhatStays() {
        let report = PromotionReport(
            checkpoint: "0123456789abcdef", promoted: false, forced: false, previous: nil,
            gate: nil)
        #expect(
            CheckpointText.promotion(report)
                == "0123456789ab was not promoted, the head stays base")
    }

    @Test func labelRequestsExplainThemselves() {
        let label = LabelReport(
            id: "r1", state: .open, prompt: [.user("Why?")], candidates: ["one", "t\u{1B}wo"],
            feedback: nil, score: -0.7, weight: 0.33, draw: 0.5, reason: "u is above w", round: 2,
            checkpoint: nil, askedAt: .init(timeIntervalSince1970: 0))
        #expect(
            LabelText.label(label) == """
                r1  round 2, by base, s -0.7000, w 0.3300, u 0.5000: u is above w

                user: Why?

                [A] one

                [B] t\u{FFFD}wo
                """)
    }

    @Test func aDamagedCheckpointIsNamedAmongTheOthers() {
        let date = Date(timeIntervalSince1970: 0)
        let sound = CheckpointReport(
            id: String(repeating: "a", count: 64), state: .head, origin: "local", round: 1,
            addedAt: date)
        var damaged = sound
        damaged.id = String(repeating: "b", count: 64)
        damaged.round = nil
        damaged.damage = "cannot read it; sync"
        let lines = CheckpointText.table([damaged, sound]).split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[1].contains("bbbbbbbbbbbb  head, damaged  local"))
        #expect(lines[2].contains("aaaaaaaaaaaa  head "))
        #expect(lines[3] == "bbbbbbbbbbbb is damaged: cannot read it; sync")
        #expect(CheckpointText.checkpoint(damaged).contains("cannot read it; sync"))
    }

    @Test func whatBecameOfAPeersKeyIsShown() throws {
        let (old, next) = (HostKey(), HostKey())
        let peer = { (key: HostKey, revoked: Bool?, predecessor: HostID?) in
            PeerReport(
                name: "nas", address: nil, host: key.id, trusted: revoked != true, head: nil,
                addedAt: nil, revoked: revoked, predecessor: predecessor)
        }
        #expect(PeerText.table([peer(old, true, nil)]).contains("nas   revoked"))
        #expect(PeerText.peer(peer(old, true, nil)).contains("trusted      revoked"))
        #expect(
            PeerText.peer(peer(next, nil, old.id)).hasSuffix("was          \(old.id.fingerprint)"))
        var summary = SyncSummary()
        summary.keyRecordsSent = [try KeyRecord(revoking: old)]
        summary.refusals = [
            SyncRefusal(host: next.id, checkpoint: nil, kind: "malformed", reason: "why")
        ]
        let text = SyncText.report(SyncReport(peer: "dir:///d", pulled: summary, pushed: nil))
        #expect(text.contains("0 heads, 1 record of keys\n"))
        #expect(text.contains("refused: a record of the key of host \(next.id.short): why"))
    }

    @Test func divergingHeadsAreShown() throws {
        let (one, two) = (HostKey(), HostKey())
        var summary = SyncSummary()
        summary.heads = try [
            SignedHead(checkpoint: ObjectID(hashing: Data([1])), counter: 1, key: one),
            SignedHead(checkpoint: ObjectID(hashing: Data([2])), counter: 4, key: two),
        ]
        let report = SyncReport(peer: "dir:///d", pulled: summary, pushed: nil)
        let text = SyncText.report(report)
        #expect(text.hasPrefix("from dir:///d: nothing new\nhosts differ"))
        #expect(text.contains("host \(one.id.short)  \(ObjectID(hashing: Data([1])).short)"))
        #expect(text.contains("host \(two.id.short)  \(ObjectID(hashing: Data([2])).short)"))
    }

    @Test func whatBecameOfFeedbackIsOneLine() {
        var report = SyncReport(peer: "ssh://nas", pulled: nil, pushed: nil)
        #expect(SyncText.report(report) == "")
        report.feedback = FeedbackExchange(summary: FeedbackSyncSummary())
        #expect(SyncText.report(report) == "feedback: nothing new")
        var summary = FeedbackSyncSummary()
        summary.received.added = 3
        summary.received.refused = 1
        summary.sent.erased = 2
        report.feedback = FeedbackExchange(summary: summary)
        #expect(SyncText.report(report) == "feedback: received 3 new, 1 refused; sent 2 erased")
        report.feedback = FeedbackExchange(refusal: "it is not marked")
        #expect(SyncText.report(report) == "feedback: none exchanged: it is not marked")
    }

    @Test func aCheckpointSaysWhatOfItWasTakenBack() {
        var report = CheckpointReport(
            id: String(repeating: "a", count: 64), state: .head, origin: "local",
            addedAt: Date(timeIntervalSince1970: 0))
        #expect(!CheckpointText.table([report]).contains("trained on"))
        report.withdrawals = Withdrawals(erased: 1, retracted: 2)
        let said = "1 erased and 2 retracted feedback, itself or before"
        #expect(CheckpointText.table([report]).hasSuffix("aaaaaaaaaaaa was trained on \(said)"))
        #expect(CheckpointText.checkpoint(report).contains("trained on  \(said)"))
    }
}
