import ControlAPI
import Foundation
import Testing

extension EndToEndTests {
    /// A round that was interrupted ends with the checkpoint of one that was not.
    @Suite struct RoundTests {
        @Test func aRoundAsksTrainsAndIsJudged() async throws {
            let round = try await TrainedHost.shared.make().round
            #expect(round.state == .completed)
            #expect(round.asks > 0)
            #expect(round.items.paired > 0, "no label request led to an online pair")
            #expect(round.items.heldOut > 0)
            #expect(round.gate?.checks.isEmpty == false)
            #expect(round.metrics["rewards/margins"] != nil)
        }

        @Test func pausedAndResumedItLeavesTheSameCheckpoint() async throws {
            let trained = try await TrainedHost.shared.make()
            let host = try Machine(copying: trained.before, in: try Scratch())
            try await host.start(settings: TrainedHost.settings)
            let client = host.client

            var paused: TrainingStatus?
            var failure: ControlError?
            for try await line in try await client.lines(ControlRoutes.runTraining, TrainingRun()) {
                switch line {
                case .progress(let progress) where progress.phase == "training" && paused == nil:
                    let began = ContinuousClock.now
                    paused = try await client.send(ControlRoutes.pauseTraining)
                    #expect(ContinuousClock.now - began < .seconds(2), "a pause is prompt")
                case .failure(let error): failure = error
                case .progress, .value: break
                }
            }
            #expect(paused?.state == .paused)
            #expect(paused?.round == trained.round.id)
            #expect(failure?.kind == .cancelled)
            let refused = try await host.attunectl("train", "run")
            #expect(refused.status == 1, "none starts while one is paused: \(refused)")
            #expect(refused.errors.contains("train resume"), "\(refused)")

            let events = try await client.lines(ControlRoutes.events)
            #expect(try await client.send(ControlRoutes.resumeTraining).state == .running)
            let round = try await Self.finished(trained.round.id, client, events)
            #expect(round.checkpoint == trained.round.checkpoint)
            await host.stop()
        }

        /// Killed while asking, while training and while being judged; each time the next daemon goes on by itself.
        @Test func killedAndRestartedItLeavesTheSameCheckpoint() async throws {
            let trained = try await TrainedHost.shared.make()
            let host = try Machine(copying: trained.before, in: try Scratch())
            try await host.start(settings: TrainedHost.settings)
            let order = TrainingRun(wait: false)
            let started: RoundReport = try await host.client.lines(ControlRoutes.runTraining, order)
                .lastValue()

            for phase in ["asking", "training", "evaluating"] {
                for try await event in try await host.client.lines(ControlRoutes.events)
                where event.progress?.phase == phase {
                    break
                }
                await host.crash()
                try await host.start(settings: TrainedHost.settings)
            }
            let events = try await host.client.lines(ControlRoutes.events)
            let round = try await Self.finished(started.id, host.client, events)
            #expect(round.state == .completed)
            #expect(round.checkpoint == trained.round.checkpoint)
            let verified = try await host.attunectl("checkpoint", "verify", round.checkpoint ?? "")
            #expect(verified.status == 0, "\(verified)")
            await host.stop()
        }

        /// Follows the events until the round has ended.
        private static func finished(
            _ round: Int, _ client: ControlClient, _ events: LineStream<Event>
        ) async throws -> RoundReport {
            let now = try await client.send(ControlRoutes.showRound, at: "\(round)")
            if now.state == .completed { return now }
            for try await event in events
            where [.roundFinished, .roundFailed].contains(event.kind) && event.subject == "\(round)"
            {
                break
            }
            return try await client.send(ControlRoutes.showRound, at: "\(round)")
        }
    }
}
