import ControlAPI
import Foundation
import Testing

/// A state in which one small round was run from beginning to end, made once for all tests that start from it.
actor TrainedHost {
    static let shared = TrainedHost()

    /// Twelve pairs, a few asks, one thread: a round that ends with the same bits whenever and however it is run.
    static let settings = """
        threads: 1
        annotator:
          kind: command
          command: ["\(BuiltProgram.repository)/Tools/demo/annotate"]
        training:
          seed: 7
          learningRate: 0.0003
          batchSize: 4
          chunkSize: 4
          windowLimit: 12
          candidates: 2
          maximumNewTokens: 32
        """

    struct Trained {
        let scratch: Scratch
        /// Feedback and model are there, no round was run.
        let before: String
        /// The round is done.
        let after: String
        let round: RoundReport
    }

    private var trained: Trained?

    func make() async throws -> Trained {
        if let trained { return trained }
        let scratch = try Scratch()
        let before = Machine("before", in: scratch)
        try await before.start(settings: Self.settings, model: BuiltProgram.model)
        let demo = BuiltProgram.repository + "/Tools/demo/feedback.jsonl"
        let imported = try await before.attunectl("feedback", "import", demo)
        try #require(imported.status == 0, "\(imported)")
        await before.stop()

        let after = try Machine(copying: before.state, as: "after", in: scratch)
        try await after.start(settings: Self.settings)
        let round: RoundReport = try await after.client.lines(
            ControlRoutes.runTraining, TrainingRun()
        ).lastValue()
        await after.stop()
        let made = Trained(
            scratch: scratch, before: before.state, after: after.state, round: round)
        trained = made
        return made
    }
}
