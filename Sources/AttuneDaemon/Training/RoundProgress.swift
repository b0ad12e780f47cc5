import ControlAPI
import FeedbackStore
import Foundation
import LanguageModel
import PreferenceLearning

/// A round's events in the words of the control protocol.
struct RoundProgress: Sendable {
    private(set) var latest = WorkProgress(phase: "starting", done: 0)
    private(set) var asks = 0
    private var items = 0
    private var scored = 0

    /// Takes an event in; nil when it says nothing a client shows.
    mutating func take(_ event: RoundEvent) -> WorkProgress? {
        guard let progress = progress(of: event) else { return nil }
        latest = progress
        return progress
    }

    private mutating func progress(of event: RoundEvent) -> WorkProgress? {
        switch event {
        case .began(let overview):
            items = overview.items
            let skipped =
                overview.skipped.isEmpty ? "" : ", \(overview.skipped.count) skipped for length"
            return WorkProgress(
                phase: "starting", done: overview.resumedAtBatch, total: overview.batches,
                message: "\(overview.items) items (\(overview.replayed) replayed,"
                    + " \(overview.answers) answers), \(overview.heldOut) held out\(skipped)")
        case .scored(let chunk, let count, let score, let weight, let asks):
            scored += count
            return WorkProgress(
                phase: "scoring", done: scored, total: items,
                message: "chunk \(chunk + 1): \(asks) of \(count) to ask about",
                figures: ["score": score, "weight": weight])
        case .asked(let request, let outcome):
            asks += 1
            return WorkProgress(
                phase: "asking", done: asks,
                message: "\(request.id) \(outcome.rawValue): \(request.promptLine)",
                figures: [
                    "score": request.score, "weight": request.weight, "draw": request.draw,
                    "candidates": Double(request.candidates.count),
                ])
        case .unaskable(let pair, let usable):
            return WorkProgress(
                phase: "sampling", done: asks,
                message: "pair \(pair): fewer than two usable samples (\(usable)), nobody is asked")
        case .retracted(let pairs):
            return WorkProgress(
                phase: latest.phase, done: latest.done, total: latest.total,
                message: "\(pairs.count) retracted pairs are left out from here on")
        case .trained(let batch, let pace):
            var figures = batch.values
            figures["tokensPerSecond"] = pace.tokensPerSecond
            figures["secondsRemaining"] = pace.secondsRemaining
            return WorkProgress(
                phase: "training", done: pace.batchesDone, total: pace.batches, figures: figures)
        case .learnerUpdated(let loss, let samples):
            return WorkProgress(
                phase: "training", done: latest.done, total: latest.total,
                message: "the meta-learner took a step on \(samples) samples",
                figures: ["meta/loss": loss])
        case .evaluating(let done, let total):
            return WorkProgress(phase: "evaluating", done: done, total: total)
        case .decided(let decision):
            return WorkProgress(
                phase: "deciding", done: 1, total: 1,
                message: "\(decision.verdict.rawValue): \(decision.explanation)")
        }
    }
}

extension LabelRequest {
    /// The last user message, cut to one short line.
    fileprivate var promptLine: String {
        let text = prompt.last?.content ?? ""
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > 60 ? "\(line.prefix(60))…" : line
    }
}

extension RoundReport {
    /// A round of the store's; `progress` and `isPaused` matter for the one that runs.
    init(
        _ round: StoredRound, progress: RoundProgress? = nil, isPaused: Bool = false,
        seconds: Double = 0, skips: RoundSkips, promotions: Set<String>
    ) throws {
        let plan = try RoundRecord(json: round.plan).plan
        let outcome = try round.metrics.map {
            try JSONDecoder().decode(RoundRecord.Outcome.self, from: Data($0.utf8))
        }
        let metrics = outcome?.metrics
        let state: State =
            switch round.state {
            case .running: isPaused ? .paused : .running
            case .completed: .completed
            case .failed: .failed
            case .cancelled: .cancelled
            }
        self.init(
            id: round.id, state: state, startedAt: round.startedAt, finishedAt: round.finishedAt,
            seconds: outcome?.seconds ?? seconds, seed: plan.seed,
            items: RoundItems(plan, metrics, skips),
            asks: metrics.map { $0.answered + $0.ties + $0.open } ?? progress?.asks ?? 0,
            unaskable: metrics?.unaskable,
            start: plan.startCheckpoint, reference: plan.referenceCheckpoint,
            checkpoint: round.checkpoint,
            promoted: round.checkpoint.map(promotions.contains) ?? false,
            metrics: metrics?.reportFigures ?? progress?.latest.figures ?? [:],
            gate: try round.gate.map { try GateReport(json: $0) }, failure: round.failure)
    }
}

extension RoundItems {
    fileprivate init(_ plan: RoundPlan, _ metrics: RoundMetrics?, _ skips: RoundSkips) {
        let answered = metrics?.answered ?? 0
        let late = Set(plan.answers.compactMap { $0.offline?.id })
        let paired = late.count + answered
        let alone = plan.window.count { !late.contains($0.id) } - skips.retracted - answered
        let online = plan.answers.count { $0.offline == nil }
        let hasOffline = plan.configuration.weighting != .onlineOnly
        self.init(
            paired: hasOffline ? paired : 0, offline: hasOffline ? max(0, alone) : 0,
            online: hasOffline ? online : online + paired, replayed: plan.replayed.count,
            tooLong: skips.tooLong, retracted: skips.retracted,
            heldOut: metrics?.heldOutAfter?.pairs
                ?? min(plan.heldOut.count, plan.configuration.heldOutLimit))
    }
}
