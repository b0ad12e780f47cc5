import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import PreferenceLearning

extension CheckpointLibrary {
    /// All checkpoints, the latest first; a damaged one says so and hides no other.
    func reports() throws -> [CheckpointReport] {
        let history = try store.promotions()
        let withdrawals = try withdrawals()
        return try store.checkpoints().map { try report($0, history: history, withdrawals) }
    }

    func report(_ id: CheckpointID) throws -> CheckpointReport {
        try report(store.checkpoint(id.hex), history: store.promotions(), withdrawals())
    }

    private func report(
        _ checkpoint: StoredCheckpoint, history: [StoredPromotion], _ withdrawals: CheckpointMarks
    ) throws -> CheckpointReport {
        let round = try checkpoint.round.map { try store.round($0) }
        let state: CheckpointReport.State =
            history.last?.checkpoint == checkpoint.id
            ? .head
            : history.contains { $0.checkpoint == checkpoint.id } ? .previous : .candidate
        let gate = history.latestDecision(on: checkpoint.id) ?? round?.gate
        var report = CheckpointReport(
            id: checkpoint.id, state: state, origin: checkpoint.origin,
            addedAt: checkpoint.recordedAt, gate: try gate.map { try GateReport(json: $0) },
            pinned: checkpoint.isPinned ? true : nil, collectedAt: checkpoint.collectedAt)
        do {
            let id = try ObjectID(validating: checkpoint.id)
            report.withdrawals = withdrawals.of(id)
            let manifest = try repository.manifest(of: id)
            report.add(manifest)
            report.metrics = metrics(of: manifest).reportFigures
            if checkpoint.collectedAt == nil { try repository.requireWhole(manifest) }
        } catch {
            report.damage = "\(error)"
        }
        return report
    }

    private func metrics(of manifest: Manifest) -> RoundMetrics {
        guard let reference = manifest.objects["metrics"],
            let data = try? repository.objects.data(
                of: reference.id, maximumSize: reference.size),
            let metrics = try? JSONDecoder().decode(RoundMetrics.self, from: data)
        else { return RoundMetrics() }
        return metrics
    }
}

extension [StoredPromotion] {
    /// The JSON of what was last decided on a checkpoint: to promote it, or to take it back.
    fileprivate func latestDecision(on checkpoint: String) -> String? {
        var heads: [String] = []
        var decision: String?
        for step in self {
            switch step.kind {
            case .gate, .forced:
                heads.append(step.checkpoint ?? "")
                if step.checkpoint == checkpoint { decision = step.gate }
            case .rollback:
                if heads.popLast() == checkpoint { decision = step.gate ?? decision }
            case .reset: heads = []
            }
        }
        return decision
    }
}

extension CheckpointReport {
    fileprivate mutating func add(_ manifest: Manifest) {
        parents = manifest.parents.map(\.hex)
        host = manifest.host.description
        round = manifest.round
        base = .init(name: manifest.base.name, fingerprint: manifest.base.fingerprint.hex)
        rank = manifest.lora.rank
        alpha = manifest.lora.alpha
        targetModules = manifest.lora.targetModules.map(\.rawValue)
        objects = manifest.objects.mapValues { .init(id: $0.id.hex, size: Int64($0.size)) }
    }
}

extension RoundMetrics {
    /// Training means under TRL's keys, held-out figures of the candidate under `eval/`, those of
    /// the head before it under `eval/head/`.
    var reportFigures: [String: Double] {
        var figures = means
        for (prefix, summary) in [("eval/", heldOutAfter), ("eval/head/", heldOutBefore)] {
            guard let summary else { continue }
            for (key, value) in summary.values { figures[prefix + key] = value }
            figures[prefix + "pairs"] = Double(summary.pairs)
            figures[prefix + "margin"] = summary.margin?.mean
        }
        return figures
    }
}

extension GateReport {
    init(json: String) throws {
        try self.init(JSONDecoder().decode(GateDecision.self, from: Data(json.utf8)))
    }

    init(_ decision: GateDecision) {
        let verdict: Verdict =
            switch decision.verdict {
            case .promote: .promote
            case .keep: .keep
            case .insufficientEvidence: .insufficientEvidence
            }
        self.init(
            verdict: verdict,
            checks: decision.checks.map { check in
                Check(
                    name: check.name, value: check.value ?? .nan, bound: check.bound,
                    comparison: check.comparison == .atLeast ? ">=" : "<=", passed: check.passed,
                    explanation: check.explanation)
            }, explanation: decision.explanation)
    }
}
