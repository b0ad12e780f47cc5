import AttuneDaemon
import CheckpointStore
import ControlAPI
import FeedbackFormats
import FeedbackStore
import Foundation
import PreferenceLearning
import Testing

/// What becomes of an interrupted round that cannot simply go on; needs no model.
@Suite struct ResumingTests {
    /// Puts a running round into the store, as an earlier process leaves one.
    private func interruptedRound(
        in store: FeedbackStore, training model: ObjectID = ObjectID(hashing: Data("m".utf8)),
        window: [PairExample] = []
    ) throws -> Int {
        let plan = RoundPlan(seed: 1, window: window, heldOut: [])
        return try store.beginRound(
            plan: RoundRecord(plan: plan, model: model).json(), new: window.map(\.id))
    }

    @Test func aResumptionThatFailsCanBeTriedAgain() async throws {
        try await TestDaemon.run { test in
            let trainer = test.daemon.trainer
            let round = try interruptedRound(in: test.daemon.store)
            for _ in 0..<2 {
                await #expect {
                    _ = try await trainer.resume()
                } throws: {
                    ($0 as? ControlError)?.kind == .noModel
                }
                let status = await trainer.status
                #expect(status.state == .paused)
                #expect(status.round == round)
                #expect(status.progress?.message?.contains("model") == true)
            }
        }
    }

    @Test func aRoundWhosePlanCannotBeReadFails() async throws {
        try await TestDaemon.run { test in
            let store = test.daemon.store
            let round = try store.beginRound(plan: "{}", new: [])
            #expect(try await test.daemon.trainer.resume().state == .idle)
            #expect(try store.round(round).state == .failed)
            #expect(try store.runningRound() == nil)
        }
    }

    @Test func aPausedRoundIsCancelledAndItsFeedbackWaits() async throws {
        try await TestDaemon.run { test in
            let (store, trainer) = (test.daemon.store, test.daemon.trainer)
            _ = try store.add(
                (0..<40).map {
                    .pair("Question \($0)?", chosen: "Answer \($0).", rejected: "No \($0).")
                })
            let window = try store.window(limit: 10).map {
                PairExample(
                    id: $0.id, prompt: [], chosen: $0.feedback.chosen ?? "",
                    rejected: $0.feedback.rejected ?? "")
            }
            let waiting = try store.counts().waiting
            let round = try interruptedRound(in: store, window: window)
            await #expect(throws: ControlError.self) { try await trainer.resume() }
            let report = try await test.client.send(ControlRoutes.cancelTraining)
            #expect(report.id == round && report.state == .cancelled)
            #expect(try store.runningRound() == nil)
            #expect(try store.counts().waiting == waiting)
            #expect(await trainer.status.state == .idle)
        }
    }

    @Test func aCancelledRoundLeavesThePausePaused() async throws {
        try await TestDaemon.run { test in
            let trainer = test.daemon.trainer
            _ = try interruptedRound(in: test.daemon.store)
            await #expect(throws: ControlError.self) { try await trainer.resume() }
            _ = try await trainer.pause()
            _ = try await trainer.cancel()
            let status = await trainer.status
            #expect(status.state == .paused && status.round == nil)
        }
    }

    @Test func withoutARoundThereIsNothingToCancel() async throws {
        try await TestDaemon.run { test in
            await #expect {
                _ = try await test.client.send(ControlRoutes.cancelTraining)
            } throws: {
                ($0 as? ControlError)?.kind == .conflict
            }
        }
    }

    @Test func theModelOfAPausedRoundCanBePutToUse() async throws {
        try await TestDaemon.run { test in
            let store = test.daemon.store
            for name in ["mine", "other"] {
                let path = test.daemon.directory.path + "/\(name).gguf"
                let data = Data(name.utf8)
                try data.write(to: URL(fileURLWithPath: path))
                try store.record(
                    StoredModel(
                        name: name, path: path, sha256: ObjectID(hashing: data).hex,
                        size: Int64(data.count), modifiedAt: Date(timeIntervalSince1970: 0),
                        isActive: name == "other"))
            }
            _ = try interruptedRound(in: store, training: ObjectID(hashing: Data("mine".utf8)))
            await #expect(throws: (any Error).self) { try await test.daemon.trainer.resume() }
            await #expect {
                _ = try await test.daemon.useModel("other")
            } throws: {
                ($0 as? ControlError)?.kind == .busy
            }
            #expect(try await test.daemon.useModel("mine").inUse)
        }
    }
}
