import AttuneDaemon
import CheckpointStore
import FeedbackFormats
import FeedbackStore
import Foundation
import LanguageModel
import PreferenceLearning
import Testing

/// Requests that a new head leaves behind, on the real model.
@Suite(.serialized) struct LabelExpiryTests {
    /// Puts an open request on record whose candidates the bare model of this fingerprint wrote.
    private func ask(_ id: String, on daemon: Daemon, model: ObjectID) throws {
        let store = daemon.store
        let feedback = try store.add([.pair("Q \(id)?", chosen: "A.", rejected: "B.")])
        let round = try store.beginRound(
            plan: RoundRecord(plan: RoundPlan(seed: 1, window: [], heldOut: []), model: model)
                .json(), new: [])
        _ = try store.ask(
            NewLabelRequest(
                id: id, feedback: feedback[0].id ?? "", candidates: ["x", "y"], round: round,
                checkpoint: nil, annotator: .human, score: -1, weight: 0.25, draw: 0.5))
        try store.endRound(round, .cancelled)
    }

    @Test func aRequestExpiresWhenTheModelHasMovedTooFar() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(configure: { $0.model = path }) { test in
            let daemon = test.daemon
            let model = try await daemon.models.current().base.fingerprint
            try ask("r", on: daemon, model: model)
            #expect(try await daemon.labelExpiry.expireDrifted() == 0, "nothing has moved")
            try await daemon.promote(noise: 1e-4, .forced)
            #expect(try await daemon.labelExpiry.expireDrifted() == 0, "it has hardly moved")
            try await daemon.promote(noise: 3, .forced)
            #expect(try await daemon.labelExpiry.expireDrifted() == 1)
            let request = try daemon.store.labelRequest("r")
            #expect(request.state == .expired)
            #expect(request.reason?.contains("has moved") == true, "\(request.reason ?? "")")
        }
    }

    @Test func aRequestOfAnotherModelExpires() async throws {
        let path = try TestModel.path()
        try await TestDaemon.run(configure: { $0.model = path }) { test in
            let other = ObjectID(hashing: Data("other".utf8))
            try ask("r", on: test.daemon, model: other)
            #expect(try await test.daemon.labelExpiry.expireDrifted() == 1)
        }
    }
}
