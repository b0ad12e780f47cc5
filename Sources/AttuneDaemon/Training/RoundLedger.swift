package import CheckpointStore
import FeedbackStore
import Foundation
import LanguageModel
package import PreferenceLearning

/// A round's plan as the store keeps it, and what its metrics say besides.
package struct RoundRecord: Codable, Sendable {
    /// What a round's metrics column holds.
    struct Outcome: Codable, Sendable {
        var metrics: RoundMetrics
        /// Time spent computing, all runs of the round together.
        var seconds: Double
    }

    var plan: RoundPlan
    /// The model it trains, by fingerprint: another one cannot resume it.
    var model: ObjectID

    package init(plan: RoundPlan, model: ObjectID) {
        self.plan = plan
        self.model = model
    }

    /// Reads a plan of this version or of an earlier one: settings that came later have their defaults.
    package init(json: String) throws {
        let data = Data(json.utf8)
        do {
            self = try JSONDecoder().decode(Self.self, from: data)
        } catch DecodingError.keyNotFound {
            self = try JSONDecoder().decode(Self.self, from: Self.completed(data))
        }
    }

    private static func completed(_ data: Data) throws -> Data {
        var record = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        var plan = record["plan"] as? [String: Any] ?? [:]
        let defaults = try JSONSerialization.jsonObject(
            with: JSONEncoder().encode(RoundConfiguration()))
        plan["configuration"] = overlay(plan["configuration"] ?? [:], on: defaults)
        record["plan"] = plan
        return try JSONSerialization.data(withJSONObject: record)
    }

    /// Fills in the keys that are missing; one of several alternatives is left as it is.
    private static func overlay(_ stored: Any, on defaults: Any) -> Any {
        guard let stored = stored as? [String: Any], let defaults = defaults as? [String: Any],
            Set(stored.keys).isSubset(of: defaults.keys)
        else { return stored }
        return defaults.merging(stored) { overlay($1, on: $0) }
    }

    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension CheckpointLibrary {
    /// Writes a finished round's checkpoint and closes the round; promotes it if the gate said so.
    ///
    /// Objects, manifest, registry, head, in this order: a crash in between leaves a round that
    /// runs, whose resumption ends here again with the same objects.
    ///
    /// - Returns: the checkpoint, and whether it is the head now.
    func complete(
        _ assignment: RoundAssignment, _ result: RoundResult, seconds: Double
    ) throws -> (id: CheckpointID, isHead: Bool) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let tensors = try result.state.encoded().tensors
        let moments = [RoundState.TensorName.firstMoment, RoundState.TensorName.secondMoment]
        let objects: [String: (Data, ObjectReference.Format)] = [
            Manifest.adapterRole: (
                try Adapter(result.candidate, base: assignment.model.base).safetensors(),
                .safetensors
            ),
            "optimizer": (
                try Safetensors.encode(
                    moments.map { name in
                        let values = tensors[name] ?? []
                        return .init(name: name, shape: [values.count], values: values)
                    }), .safetensors
            ),
            "learner": (try encoder.encode(result.state.learner), .json),
            "metrics": (try encoder.encode(result.metrics), .json),
        ]
        let references = try objects.mapValues { data, format in
            ObjectReference(
                id: try repository.objects.put(data), size: data.count, format: format)
        }
        let plan = assignment.plan
        let retracted = result.state.retracted
        let manifest = Manifest(
            base: assignment.model.base, lora: AdapterShape(result.candidate.configuration),
            parents: try plan.startCheckpoint.map { [try ObjectID(validating: $0)] } ?? [],
            objects: references, host: key.id, round: assignment.id, seed: plan.seed,
            data: DataCounts(
                pairs: plan.window.count { !retracted.contains($0.id) },
                onlinePairs: plan.answers.count + result.state.onlineAnswers.count,
                heldOutPairs: result.state.evidence.heldOut.count))
        let id = try repository.record(manifest)
        let outcome = RoundRecord.Outcome(metrics: result.metrics, seconds: seconds)
        try store.endRound(
            assignment.id,
            .completed(
                checkpoint: id.hex,
                metrics: String(decoding: try encoder.encode(outcome), as: UTF8.self),
                gate: String(decoding: try encoder.encode(result.gate), as: UTF8.self)),
            retracted: retracted)
        // The gate compared with the head the round began from: it says nothing about another one.
        let isHead =
            try result.gate.verdict == .promote
            && promote(id, .gate, gate: result.gate, ifHeadIs: plan.startCheckpoint)
        assignment.files.remove()
        return (id, isHead)
    }

    /// Finishes what a crash left between a round's end and its promotion; a head that a person
    /// changed during the round or after it stays.
    package func promoteUnpromotedRound() throws {
        guard let round = try store.rounds(limit: 1).first, round.state == .completed,
            let checkpoint = round.checkpoint, let json = round.gate,
            let record = try? RoundRecord(json: round.plan)
        else { return }
        let gate = try JSONDecoder().decode(GateDecision.self, from: Data(json.utf8))
        let history = try store.promotions()
        guard gate.verdict == .promote, !history.contains(where: { $0.checkpoint == checkpoint }),
            history.last.map({ $0.at <= (round.finishedAt ?? .distantPast) }) ?? true
        else { return }
        _ = try promote(
            ObjectID(validating: checkpoint), .gate, gate: gate,
            ifHeadIs: record.plan.startCheckpoint)
    }
}
