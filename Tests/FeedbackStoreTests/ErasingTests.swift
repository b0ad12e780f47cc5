import FeedbackFormats
import FeedbackStore
import Foundation
import GRDB
import Testing

@Suite struct ErasingTests {
    let test: TestStore
    var store: FeedbackStore { test.store }

    init() throws { test = try TestStore() }

    private let secret = "ZANZIBAR-4711"

    /// The names of files beside the database, itself included, in which the bytes stand.
    private func files(holding text: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            atPath: test.directory.path(percentEncoded: false)
        ).filter { name in
            try Data(contentsOf: test.directory.appending(path: name)).range(of: Data(text.utf8))
                != nil
        }
    }

    private func secretPair(_ prompt: String? = nil) -> Feedback {
        .pair(
            prompt ?? "Where is \(secret)?", chosen: "\(secret), here.",
            rejected: String(repeating: "Not \(secret). ", count: 2000), source: "of \(secret)")
    }

    @Test func theTextIsInNoFileAnyMore() throws {
        _ = try store.addPairs(0..<300)
        let id = try #require(try store.add([secretPair()])[0].id)
        _ = try store.addPairs(300..<600)
        #expect(try !files(holding: secret).isEmpty, "the test itself would see it")
        let entry = try #require(try store.erase([String(id.prefix(8))]).first)
        #expect(try files(holding: secret) == [])
        #expect(entry.id == id && entry.erasedAt == test.clock.now)
        #expect(entry.feedback == Feedback(kind: .pair, prompt: []))
        #expect(try store.counts().pairs == 600)
        #expect(try store.integrityCheck() == [])
    }

    @Test func whatWasErasedNeverComesBack() throws {
        let id = try #require(try store.add([secretPair()])[0].id)
        let entry = try store.feedback(id)
        try store.erase([id])
        #expect(try store.add([secretPair()]) == [.erased(id: id)])
        #expect(try store.restore([entry]) == [.erased(id: id)])
        let other = try TestStore()
        let facts = try store.facts(under: [""]).facts
        _ = try other.store.unite([], facts)
        #expect(try other.store.add([secretPair()]) == [.erased(id: id)], "it never was there")
        #expect(throws: StoreError.notFound(what: "feedback", id: id)) {
            try other.store.feedback(id)
        }
        #expect(try files(holding: secret) == [])
    }

    @Test func theFirstErasureCounts() throws {
        let id = try #require(try store.add([secretPair()])[0].id)
        let first = try store.erase([id])
        test.clock.advance(by: 60)
        #expect(try store.erase([id]) == first)
        #expect(try store.retract(id, reason: secret) == first.first)
        #expect(try files(holding: secret) == [])
    }

    @Test func aPromptStaysWhileOtherFeedbackHasIt() throws {
        let prompt = "Tell me of \(secret)."
        let pairs: [Feedback] = [
            secretPair(prompt), .pair(prompt, chosen: "It is far.", rejected: "No."),
        ]
        let ids = try store.add(pairs).compactMap(\.id)
        try store.erase([ids[0]])
        #expect(try store.feedback(ids[1]).feedback == pairs[1])
        #expect(try files(holding: "Not \(secret)") == [])
        try store.erase([ids[1]])
        #expect(try files(holding: secret) == [])
        // The prompt said anew stands for itself again.
        let anew = Feedback.pair(prompt, chosen: "It is near.", rejected: "No.")
        let id = try #require(try store.add([anew])[0].id)
        #expect(try store.feedback(id).feedback == anew)
        #expect(try store.integrityCheck() == [])
    }

    @Test func whatWasSampledAndSaidAboutItGoesAsWell() throws {
        let id = try #require(try store.add([secretPair("What is it?")])[0].id)
        let first = try store.beginRound(plan: "{}", new: [])
        for request in ["one", "two", "open"] {
            _ = try store.ask(
                NewLabelRequest(
                    id: request, feedback: id, candidates: ["\(secret) a", "\(secret) b"],
                    round: first, checkpoint: nil, annotator: .human, score: -1, weight: 0.25,
                    draw: 0.5))
        }
        let pair = try #require(try store.answer("one", .ranking(best: 1, worst: 0)))
        _ = try store.answer("two", .edited("\(secret) c", candidate: 0))
        try store.endRound(first, .cancelled)
        let round = try store.completeRound(answers: [pair.answer], digit: "c")
        try store.erase([id])
        #expect(try files(holding: secret) == [])
        #expect(try store.pendingOnlinePairs().isEmpty && store.onlinePairs().isEmpty)
        #expect(try store.undoLastAnswer() == nil)
        #expect(try store.labelRequest("open").state == .expired)
        #expect(try store.labelRequest("one").verdict == .ranking(best: 1, worst: 0))
        #expect(try store.labelRequest("two").verdict == .bothBad)
        #expect(try store.trainingSet(ofRound: round).answers == [pair.answer])
        #expect(
            try store.checkpointMarks().mapValues(\.values.first)
                == [String(repeating: "c", count: 64): true])
    }

    @Test func plansOfFinishedRoundsLoseTheText() throws {
        let ids = try store.add([secretPair(), .numbered(1)]).compactMap(\.id)
        let plan = """
            {"plan":{"window":[{"id":"\(ids[0])","prompt":[{"role":"user","content":"\(secret)"}],\
            "chosen":"\(secret)","rejected":"\(secret)"},{"id":"\(ids[1])","prompt":[],"chosen":"a"}],\
            "seed":7,"beta":0.1}}
            """
        let round = try store.beginRound(plan: plan, new: ids)
        #expect(throws: StoreError.self) { try store.erase([ids[0]]) }
        #expect(try store.unfinishedRound(holding: [ids[0]]) == round)
        #expect(try store.unfinishedRound(holding: ["0123456789abcdef"]) == nil)
        #expect(try store.feedback(ids[0]).erasedAt == nil, "nothing was changed")
        try store.endRound(round, .cancelled)
        try store.erase([ids[0]])
        #expect(try files(holding: secret) == [])
        let left = try store.round(round).plan
        #expect(
            left.contains(#""chosen":"a""#) && left.contains(#""seed":7"#) && left.contains(ids[0]))
        #expect(throws: StoreError.self) { try store.beginRound(plan: plan, new: [ids[1]]) }
    }

    /// A crash between the record and the file is made good at the next start.
    @Test func anErasureThatWasCutShortIsCompleted() throws {
        let id = try #require(try store.add([secretPair()])[0].id)
        try store.pool.write {
            try $0.execute(
                sql: "INSERT INTO setting VALUES ('erasure.pending', ?)", arguments: [id])
        }
        let copy = test.path + ".v0006-collection"
        try store.backUp(to: copy)
        let other = test.path + ".v0005-peers"
        let stranger = try TestStore()
        try stranger.store.backUp(to: other)
        try store.clearErasedText()
        #expect(!FileManager.default.fileExists(atPath: copy), "a copy that has the text")
        #expect(FileManager.default.fileExists(atPath: other))
        #expect(try store.setting("erasure.pending") == nil)
    }

    @Test func aCopyThatCannotBeReadMayHaveTheText() throws {
        let id = try #require(try store.add([secretPair()])[0].id)
        let copy = test.path + ".v0001-first"
        try Data("\(secret), torn".utf8).write(to: URL(filePath: copy))
        try store.erase([id])
        #expect(try files(holding: secret) == [])
        #expect(try store.setting("erasure.pending") == nil)
    }

    @Test func anErasureIsOnRecordWhileACopyIsLeft() throws {
        let id = try #require(try store.add([secretPair()])[0].id)
        // What is not a file is not removed, whoever asks.
        let obstacle = test.path + ".v0001-first"
        try FileManager.default.createDirectory(
            atPath: obstacle, withIntermediateDirectories: true)
        let copy = test.path + ".v0006-collection"
        try store.backUp(to: copy)
        #expect(throws: StoreError.self) { try store.erase([id]) }
        #expect(!FileManager.default.fileExists(atPath: copy), "the others go nevertheless")
        #expect(try store.feedback(id).erasedAt != nil)
        #expect(try store.setting("erasure.pending") == id)
        #expect(throws: StoreError.self) { try store.clearErasedText() }
        try FileManager.default.removeItem(atPath: obstacle)
        try store.clearErasedText()
        #expect(try store.setting("erasure.pending") == nil)
    }

    @Test func checkpointsThatWereTrainedOnItAreMarked() throws {
        let ids = try store.addPairs(0..<4)
        let hash = try Dictionary(
            uniqueKeysWithValues: store.facts(under: [""]).facts.map { ($0.id, $0.hash) })
        try store.completeRound(new: [ids[0], ids[1]], digit: "a")
        try store.completeRound(new: [ids[2]], replayed: [ids[0]], digit: "b")
        try store.retract(ids[1])
        try store.erase([ids[0], ids[3]])
        let (a, b) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
        #expect(
            try store.checkpointMarks() == [
                a: [hash[ids[0]]!: true, hash[ids[1]]!: false], b: [hash[ids[0]]!: true],
            ])
        let other = try TestStore()
        _ = try other.store.unite([], store.facts(under: [""]).facts)
        #expect(try other.store.checkpointMarks()[b] == [hash[ids[0]]!: true])
    }

    @Test func aRoundThatTrainedOnWhatWasRetractedMeanwhileIsMarked() throws {
        let ids = try store.addPairs(0..<2)
        let round = try store.beginRound(plan: "{}", new: ids)
        for id in ids { try store.retract(id) }
        let checkpoint = String(repeating: "d", count: 64)
        try store.endRound(
            round, .completed(checkpoint: checkpoint, metrics: "{}", gate: "{}"),
            retracted: [ids[1]])
        #expect(try store.checkpointMarks()[checkpoint]?.count == 1)
    }
}
