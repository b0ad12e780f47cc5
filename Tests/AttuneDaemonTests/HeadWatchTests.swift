import AttuneDaemon
import ControlAPI
import FeedbackFormats
import FeedbackStore
import Foundation
import LanguageModel
import PreferenceLearning
import Testing

/// Feedback that comes after a promotion, on the real model.
@Suite(.serialized) struct HeadWatchTests {
    /// Adds pairs of distinct prompts that the head likes less, or more, than the bare model does.
    private func add(_ count: Int, headPrefers: Bool, to daemon: Daemon) async throws {
        let model = try await daemon.models.current()
        let pairs = (0..<count).map { index in
            PairExample(
                id: "\(index)",
                prompt: [ChatMessage(role: "user", content: "Question \(headPrefers) \(index)?")],
                chosen: "Yes, number \(index).", rejected: "No, that is not so.")
        }
        let head = try daemon.store.head().map { try daemon.checkpoints.id($0) }
        let scores = try await daemon.engine.evaluate(
            pairs, policy: daemon.checkpoints.frozen(head, on: model), reference: .base,
            model: model, flag: CancellationFlag(), cache: nil, progress: { _, _ in })
        // Later than the promotion, which a clock of milliseconds may not see.
        let entries = zip(pairs, scores).map { pair, score in
            var sides = (pair.chosen ?? "", pair.rejected ?? "")
            if (score.margin > 0) != headPrefers { sides = (sides.1, sides.0) }
            return FeedbackEntry(
                id: "",
                feedback: .pair(pair.prompt[0].content, chosen: sides.0, rejected: sides.1),
                recordedAt: Date(timeIntervalSinceNow: 60), heldOut: false)
        }
        _ = try daemon.store.restore(entries)
    }

    @Test func feedbackThatTurnsBringsTheHeadBeforeBack() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(configure: { $0.model = path }) { test in
            let daemon = test.daemon
            try await daemon.promote(noise: 0.01, .gate)
            let head = try daemon.store.head()
            try await add(7, headPrefers: false, to: daemon)
            #expect(try await daemon.headWatch.look() == nil, "too few to decide on")
            try await add(9, headPrefers: true, to: daemon)
            #expect(try await daemon.headWatch.look()?.verdict == .insufficientEvidence)
            #expect(try daemon.store.head() == head)
            #expect(try await daemon.headWatch.look() == nil, "nothing new")
        }
    }

    @Test func theReasonOfARollbackIsKept() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(configure: { $0.model = path }) { test in
            let daemon = test.daemon
            try await daemon.promote(noise: 0.01, .gate)
            let head = try #require(try daemon.store.head())
            try await add(12, headPrefers: false, to: daemon)
            #expect(try await daemon.headWatch.look()?.verdict == .keep)
            #expect(try daemon.store.head() == nil)
            #expect(try daemon.store.promotions().last?.kind == .rollback)
            let report = try await test.client.send(ControlRoutes.showCheckpoint, at: head)
            #expect(report.gate?.explanation.hasPrefix("The head before is back") == true)
            #expect(try await daemon.headWatch.look() == nil)
        }
    }

    /// A person who forces a checkpoint, or wants to decide alone, is not overruled.
    @Test(arguments: [false, true]) func aPersonIsNotOverruled(isManual: Bool) async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(
            configure: {
                $0.model = path
                $0.training.rollback = isManual ? .manual : .automatic
            }
        ) { test in
            let daemon = test.daemon
            try await daemon.promote(noise: 0.01, isManual ? .gate : .forced)
            try await add(12, headPrefers: false, to: daemon)
            #expect(try await daemon.headWatch.look() == nil)
            #expect(try daemon.store.head() != nil)
        }
    }
}
