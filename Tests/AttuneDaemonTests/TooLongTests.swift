import AttuneDaemon
import ControlAPI
import FeedbackFormats
import PreferenceLearning
import Testing

/// Pairs that the real model would have to read beyond the limit.
@Suite struct TooLongTests {
    @Test func aWindowOfPairsTooLongIsMetOnce() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(configure: {
            $0.model = path
            $0.training.round.maximumSequenceLength = 20
        }) { test in
            let items = (0..<12).map {
                Feedback.pair(
                    "What is \($0) plus one?", chosen: "It is \($0 + 1).", rejected: "No idea.")
            }
            _ = try await test.client.send(
                ControlRoutes.addFeedback, FeedbackBatch(items: items))
            let waiting = try await test.client.send(ControlRoutes.status).feedback.untrained
            #expect(waiting > 0)
            for _ in 0..<2 {
                await #expect {
                    _ = try await test.client.lines(ControlRoutes.runTraining, TrainingRun())
                } throws: {
                    ($0 as? ControlError)?.kind == .notEnoughFeedback
                }
            }
            let rounds = try await test.client.send(ControlRoutes.listRounds, PageQuery()).items
            #expect(rounds.count == 1, "the second time there is nothing new")
            #expect(rounds.first?.state == .failed)
            #expect(rounds.first?.items.tooLong == waiting)
            let counts = try await test.client.send(ControlRoutes.status).feedback
            #expect(counts.untrained == 0 && counts.tooLong == waiting)
        }
    }
}
