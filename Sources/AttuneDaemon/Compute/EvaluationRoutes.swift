import ControlAPI
import FeedbackFormats
import FeedbackStore
import Foundation
import LanguageModel
import PreferenceLearning

extension RouteTable {
    /// `/v1/evaluate`
    mutating func serveEvaluation(_ daemon: Daemon) {
        serve(ControlRoutes.evaluate) { call in
            let order = try await call.input()
            guard !order.pairs.isEmpty else {
                throw ControlError(.invalidRequest, "cannot evaluate: there are no pairs")
            }
            let pairs = try order.pairs.enumerated().map { try $1.example(at: $0) }
            let model = try await daemon.models.current()
            let checkpoints = daemon.checkpoints
            let (policy, reference) = try await daemon.store.perform { _ in
                (
                    try checkpoints.frozen(checkpoints.resolve(order.checkpoint), on: model),
                    try checkpoints.frozen(
                        checkpoints.resolve(order.reference ?? "base"), on: model)
                )
            }
            let beta = daemon.configuration.training.beta
            let perPair = order.perPair ?? false
            let lines: AsyncStream<StreamLine<EvaluationPiece>> = RunningWork.lines { flag, send in
                let start = ContinuousClock.now
                let evaluations = try await daemon.engine.evaluate(
                    pairs, policy: policy, reference: reference, model: model, flag: flag,
                    cache: nil
                ) { index, evaluation in
                    let id = order.pairs[index].id
                    if perPair { send(.value(.init(pair: PairScore(evaluation, index, id)))) }
                    send(
                        .progress(
                            WorkProgress(phase: "evaluating", done: index + 1, total: pairs.count)))
                }
                let summary = PreferenceLearning.EvaluationSummary(of: evaluations, beta: beta)
                send(
                    .value(
                        .init(
                            summary: ControlAPI.EvaluationSummary(
                                summary, policy: policy, reference: reference,
                                seconds: (ContinuousClock.now - start) / .seconds(1)))))
            }
            return .stream(lines, to: call.request)
        }
    }
}

extension EvaluationOrder.Pair {
    /// - Errors: ``ControlError`` of kind `invalid-request` for what could not be feedback either.
    fileprivate func example(at index: Int) throws -> PairExample {
        let feedback = Feedback(kind: .pair, prompt: prompt, chosen: chosen, rejected: rejected)
        if let refusal = feedback.refusal {
            throw ControlError(.invalidRequest, "cannot evaluate pair \(index): \(refusal)")
        }
        return PairExample(
            id: "\(index)", prompt: prompt.map { ChatMessage(role: $0.role, content: $0.content) },
            chosen: chosen, rejected: rejected)
    }
}

extension PairScore {
    fileprivate init(_ evaluation: PairEvaluation, _ index: Int, _ id: String?) {
        self.init(
            index: index, id: id, policyChosen: evaluation.policyChosen,
            policyRejected: evaluation.policyRejected,
            referenceChosen: evaluation.referenceChosen,
            referenceRejected: evaluation.referenceRejected, margin: evaluation.margin,
            chosenTokens: evaluation.chosenTokens, rejectedTokens: evaluation.rejectedTokens)
    }
}

extension ControlAPI.EvaluationSummary {
    fileprivate init(
        _ summary: PreferenceLearning.EvaluationSummary, policy: FrozenModel,
        reference: FrozenModel, seconds: Double
    ) {
        self.init(
            pairs: summary.pairs, prompts: summary.prompts, accuracy: Share(summary.accuracy),
            lengthOnlyAccuracy: Share(summary.lengthOnlyAccuracy),
            meanMargin: summary.margin?.mean ?? .nan, metrics: summary.values,
            checkpoint: policy.checkpoint, reference: reference.checkpoint, seconds: seconds)
    }
}

extension ControlAPI.EvaluationSummary.Share {
    fileprivate init(_ interval: Interval?) {
        self.init(
            value: interval?.mean ?? .nan, lower: interval?.lower ?? .nan,
            upper: interval?.upper ?? .nan)
    }
}
