import FeedbackFormats
import FeedbackStore
import Foundation
import GRDB
import Testing

@Suite struct TrainableTests {
    /// The table of what waits and what was trained follows from the facts, whatever happened.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func whatCanBeTrainedFollowsFromTheFacts(seed: UInt64) throws {
        let test = try TestStore(heldOutShare: 0.2)
        let store = test.store
        var random = SplitMix(seed: seed)
        var live: Set<String> = []
        for step in 0..<40 {
            live.formUnion(
                try store.addPairs(step * 5..<step * 5 + Int.random(in: 1...5, using: &random)))
            if let id = live.sorted().randomElement(using: &random), step.isMultiple(of: 3) {
                try store.retract(id)
                live.remove(id)
            }
            let new = try store.window(limit: Int.random(in: 1...6, using: &random)).map(\.id)
            let replayed = Array(try replayCandidates(store).prefix(2))
            let round = try store.beginRound(plan: "{}", new: new, replayed: replayed)
            var skipped: [String] = []
            if let id = new.randomElement(using: &random), Bool.random(using: &random) {
                try store.retract(id)
                live.remove(id)
                skipped = [id]
            }
            let digits = String(step, radix: 16)
            let end: RoundEnd =
                Bool.random(using: &random)
                ? .cancelled
                : .completed(
                    checkpoint: String(repeating: "0", count: 64 - digits.count) + digits,
                    metrics: "{}", gate: "{}")
            try store.endRound(round, end, retracted: skipped)
            #expect(try store.integrityCheck() == [])
        }
        let window = try store.window(limit: .max).map(\.id)
        let trained = try replayCandidates(store)
        let heldOut = try store.heldOutPairs().map(\.id)
        #expect(Set(window + trained + heldOut) == live)
        #expect(window.count + trained.count + heldOut.count == live.count)
        #expect(!window.isEmpty && !trained.isEmpty && !heldOut.isEmpty)
        let counts = try store.counts()
        #expect(counts.waiting == window.count && counts.trained == trained.count)
        #expect(counts.heldOut == heldOut.count && counts.pairs == live.count)
    }

    @Test func aDatabaseFromBeforeTheTableGainsIt() throws {
        let test = try TestStore(heldOutShare: 0.2)
        let ids = try test.store.addPairs(0..<30)
        let window = try test.store.window(limit: .max).map(\.id)
        try test.store.completeRound(new: Array(window[..<4]))
        try test.store.retract(window[5])
        _ = try test.store.ask(
            NewLabelRequest(
                id: "r", feedback: window[6], candidates: ["x", "y"], round: 1, checkpoint: nil,
                annotator: .human, score: -1, weight: 0.25, draw: 0.5))
        let request = try test.store.labelRequest("r")
        let waiting = try test.store.window(limit: .max).map(\.id)
        // What version 2 had not.
        try test.store.pool.write { db in
            try db.execute(
                sql: """
                    DROP TRIGGER feedback_becomes_trainable; DROP TRIGGER tombstone_ends_training;
                    DROP TRIGGER round_completes_training; DROP TABLE trainable;
                    DROP TRIGGER feedback_once_erased_never_comes_back;
                    DROP TRIGGER feedback_is_never_changed; DROP TRIGGER prompt_is_never_changed;
                    DROP TRIGGER tombstone_is_never_changed;
                    DROP TRIGGER label_candidate_is_never_changed;
                    DROP TRIGGER label_answer_is_only_withdrawn;
                    DROP TRIGGER round_once_finished_is_final;
                    DROP TRIGGER retraction_marks_checkpoints;
                    DROP TRIGGER checkpoint_is_marked_from_the_start;
                    DROP TABLE erasure; DROP TABLE checkpoint_mark;
                    DROP TABLE peer; DROP TABLE collected; DROP TABLE pin; DROP INDEX feedback_by_kind; DROP INDEX feedback_by_time;
                    DELETE FROM grdb_migrations WHERE identifier >= 'v0003';
                    """)
        }
        try test.store.close()
        let migrated = try test.reopened(heldOutShare: 0.2)
        #expect(try migrated.window(limit: .max).map(\.id) == waiting)
        #expect(try replayCandidates(migrated) == Array(window[..<4]))
        #expect(try migrated.labelRequest("r") == request)
        #expect(try migrated.integrityCheck() == [] && migrated.counts().pairs == ids.count - 1)
        try migrated.close()
    }

    @Test func aRowOutOfPlaceIsReported() throws {
        let test = try TestStore()
        let ids = try test.store.addPairs(0..<2)
        try test.store.pool.write {
            try $0.execute(sql: "UPDATE trainable SET trained = seq - 1")
        }
        #expect(
            try test.store.integrityCheck()
                == ["feedback \(ids[1]) is not where its history puts it in trainable"])
    }
}
