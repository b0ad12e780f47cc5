import AttuneDaemon
import ControlAPI
import FeedbackFormats
import Foundation
import Testing

/// What needs the real model, over a live socket; whole rounds are the end-to-end tests' business.
@Suite(.serialized) struct ModelFlowTests {
    @Test func theFirstModelAddedIsUsedVerifiedAndKept() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run { test in
            let added = try await test.client.send(
                ControlRoutes.addModel, ModelAddition(path: path, name: "small"))
            #expect(added.inUse)
            #expect(added.layers == 30)
            let again = try await test.client.send(
                ControlRoutes.addModel, ModelAddition(path: path, name: "small"))
            #expect(again == added)
            let report = try await test.client.send(ControlRoutes.verifyModel, at: "small")
            #expect(report.isSound)
            let status = try await test.client.send(ControlRoutes.status)
            #expect(status.model?.name == "small")
        }
    }

    @Test func streamedPiecesJoinToTheCompletion() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(configure: { $0.model = path }) { test in
            let order = GenerationOrder(
                prompts: [[.user("Say hello in French 🇫🇷")], [.user("Count to three")]],
                samples: 2, seed: 11, maximumTokens: 8, stream: true)
            var joined: [String: String] = [:]
            var whole: [String: String] = [:]
            for try await line in try await test.client.lines(ControlRoutes.generate, order) {
                guard case .value(let piece) = line else { continue }
                let key = "\(piece.prompt).\(piece.sample)"
                if let delta = piece.delta { joined[key, default: ""] += delta }
                if let completion = piece.completion { whole[key] = completion.text }
            }
            #expect(whole.count == 4)
            for (key, text) in whole { #expect(joined[key, default: ""] == text) }
        }
    }

    @Test func theSameSeedGivesTheSameSamples() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(configure: { $0.model = path }) { test in
            let order = GenerationOrder(
                prompts: [[.user("Name a colour")]], samples: 3, seed: 5, maximumTokens: 6)
            var runs: [[String]] = []
            for _ in 0..<2 {
                var texts: [String] = []
                for try await line in try await test.client.lines(ControlRoutes.generate, order) {
                    if case .value(let piece) = line, let completion = piece.completion {
                        texts.append(completion.text)
                    }
                }
                runs.append(texts)
            }
            #expect(runs[0] == runs[1])
            #expect(runs[0].count == 3)
        }
    }

    @Test func theBaseAgainstItselfPrefersNothing() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(configure: { $0.model = path }) { test in
            let order = EvaluationOrder(
                pairs: [.init(id: "x", prompt: [.user("Hi")], chosen: "Hello!", rejected: "What?")],
                perPair: true)
            var summary: EvaluationSummary?
            var margins: [Double] = []
            for try await line in try await test.client.lines(ControlRoutes.evaluate, order) {
                guard case .value(let piece) = line else { continue }
                if let pair = piece.pair { margins.append(pair.margin) }
                summary = piece.summary ?? summary
            }
            #expect(margins == [0])
            #expect(summary?.accuracy.value == 0.5)
        }
    }

    @Test func aRoundWithNothingNewIsRefused() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(configure: { $0.model = path }) { test in
            await #expect {
                _ = try await test.client.lines(ControlRoutes.runTraining, TrainingRun())
            } throws: { error in
                (error as? ControlError)?.kind == .notEnoughFeedback
            }
        }
    }

    #if DEBUG
        // Without optimisation, writing the tensors of a boundary alone takes two seconds.
        private static let pauseLimit = Duration.seconds(10)
    #else
        private static let pauseLimit = Duration.seconds(1)
    #endif

    @Test func aRoundPausesWithinASecondAndAnswersMeanwhile() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(configure: { $0.model = path }) { test in
            let items = (0..<24).map {
                Feedback.pair(
                    "What is \($0) plus one?", chosen: "It is \($0 + 1).", rejected: "No idea.")
            }
            _ = try await test.client.send(
                ControlRoutes.addFeedback, FeedbackBatch(items: items))
            let lines = try await test.client.lines(
                ControlRoutes.runTraining,
                TrainingRun(seed: 3, annotator: TrainingRun.Annotator.none))
            var iterator = lines.makeAsyncIterator()
            _ = try await iterator.next()

            // A person who asks something is answered inside the round.
            let order = GenerationOrder(
                prompts: [[.user("Hi")]], greedy: true, maximumTokens: 2)
            var answered = false
            for try await line in try await test.client.lines(ControlRoutes.generate, order) {
                if case .value(let piece) = line, piece.completion != nil { answered = true }
            }
            #expect(answered)
            let status = try await test.client.send(ControlRoutes.status)
            #expect(status.training.state == .running)

            let start = ContinuousClock.now
            let paused = try await test.client.send(ControlRoutes.pauseTraining)
            #expect(paused.state == .paused)
            #expect(ContinuousClock.now - start < Self.pauseLimit)
            let round = try await test.client.send(ControlRoutes.showRound, at: "1")
            #expect(round.state == .paused)
        }
    }

    @Test func aRoundIsCancelledWithinASecondAndItsFeedbackWaits() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(configure: { $0.model = path }) { test in
            let items = (0..<24).map {
                Feedback.pair(
                    "What is \($0) plus one?", chosen: "It is \($0 + 1).", rejected: "No idea.")
            }
            _ = try await test.client.send(
                ControlRoutes.addFeedback, FeedbackBatch(items: items))
            let waiting = try await test.client.send(ControlRoutes.status).feedback.untrained
            let lines = try await test.client.lines(
                ControlRoutes.runTraining,
                TrainingRun(seed: 3, annotator: TrainingRun.Annotator.none))
            var iterator = lines.makeAsyncIterator()
            _ = try await iterator.next()

            // An answer from inside the round: the model is loaded, and what follows is arithmetic.
            let order = GenerationOrder(
                prompts: [[.user("Hi")]], greedy: true, maximumTokens: 1)
            for try await _ in try await test.client.lines(ControlRoutes.generate, order) {}

            let start = ContinuousClock.now
            let round = try await test.client.send(ControlRoutes.cancelTraining)
            #expect(round.state == .cancelled)
            #expect(ContinuousClock.now - start < Self.pauseLimit)
            let status = try await test.client.send(ControlRoutes.status)
            #expect(status.feedback.untrained == waiting && waiting > 0)
            #expect(await test.daemon.trainer.status.state == .idle)
            let files = try FileManager.default.contentsOfDirectory(
                atPath: test.daemon.directory.rounds)
            #expect(files.isEmpty)
        }
    }

    @Test func aRoundThatIsJustStartingIsPaused() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(configure: { $0.model = path }) { test in
            let items = (0..<24).map {
                Feedback.pair(
                    "What is \($0) plus one?", chosen: "It is \($0 + 1).", rejected: "No idea.")
            }
            _ = try await test.client.send(
                ControlRoutes.addFeedback, FeedbackBatch(items: items))
            let trainer = test.daemon.trainer
            // The model is read from disk meanwhile; whichever comes first, no round runs after.
            async let started = try? trainer.start(
                TrainingRun(seed: 3, annotator: TrainingRun.Annotator.none))
            for _ in 0..<1_000_000 where await trainer.isIdle { await Task.yield() }
            let paused = try await trainer.pause()
            #expect(paused.state == .paused)
            if let lines = await started { for await _ in lines {} }
            let status = await trainer.status
            #expect(status.state == .paused)
        }
    }
}
