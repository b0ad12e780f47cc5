/// How much a given pair counts beside its online counterpart.
public enum OfflineWeighting: String, Codable, CaseIterable, Sendable {
    /// `w = h(s)`, learned: MetaAPO.
    case metaLearner = "meta-learner"
    /// `w = ½` for every pair; the meta-learner has no say.
    case equal
    /// `w = 0`: every pair is asked about, and only answers are trained on (online DPO).
    case onlineOnly = "online-only"
}

/// The objective of one training item: offline and online loss, mixed by the meta-learner's weight.
///
/// A pair with an online counterpart: `L = w·L_off + (1 − w)·L_on` with `w = h(s)`, `s = log
/// σ(β_s·Δ_off)`, and `w` held constant while the policy is updated. A pair without one: `L_off`
/// (the online side is the offline pair itself, so the weights add up to 1). An online pair whose
/// offline side is gone: `L_on`.
///
/// - Source: MetaAPO, arXiv:2509.23371, eq. 5–7.
public struct MetaWeightedLoss: Sendable {
    public var pairLoss: PreferenceLoss
    /// β_s
    public var scoreBeta: Double
    public var learner: MetaLearner
    public var weighting: OfflineWeighting

    public init(
        pairLoss: PreferenceLoss, scoreBeta: Double, learner: MetaLearner,
        weighting: OfflineWeighting = .metaLearner
    ) {
        self.pairLoss = pairLoss
        self.scoreBeta = scoreBeta
        self.learner = learner
        self.weighting = weighting
    }

    /// The weight of a given pair with this preference score.
    public func weight(_ score: Double) -> Double {
        switch weighting {
        case .metaLearner: learner(score)
        case .equal: 0.5
        case .onlineOnly: 0
        }
    }

    /// The preference score `s = log σ(β_s·Δ) ≤ 0` of a pair; 0 would be perfectly aligned.
    public func score(policy: PairLogps, reference: PairLogps) -> Double {
        logSigmoid(scoreBeta * policy.margin(over: reference))
    }

    public struct Value: Sendable {
        public var loss: Double
        /// The pair losses with gradients already weighted: `∂L/∂ log π` of two or four responses.
        public var sides: PairSides<PreferenceLoss.Value>
        /// What the meta-learner learns from; only items with both sides have it.
        public var sample: MetaSample?
        /// The weight `w` of the offline side, where there was one to choose.
        public var weight: Double?
    }

    /// - Precondition: `policy` and `reference` are of the same kind.
    public func callAsFunction(
        policy: PairSides<PairLogps>, reference: PairSides<PairLogps>
    ) -> Value {
        switch (policy, reference) {
        case (.offline(let policy), .offline(let reference)):
            let value = pairLoss(policy: policy, reference: reference)
            return Value(loss: value.loss, sides: .offline(value))
        case (.online(let policy), .online(let reference)):
            let value = pairLoss(policy: policy, reference: reference)
            return Value(loss: value.loss, sides: .online(value))
        case (.both(let policyOff, let policyOn), .both(let referenceOff, let referenceOn)):
            let score = score(policy: policyOff, reference: referenceOff)
            let weight = weight(score)
            let offline = pairLoss(policy: policyOff, reference: referenceOff)
            let online = pairLoss(policy: policyOn, reference: referenceOn)
            return Value(
                loss: weight * offline.loss + (1 - weight) * online.loss,
                sides: .both(
                    offline: offline.scaled(by: weight), online: online.scaled(by: 1 - weight)),
                sample: MetaSample(
                    score: score, offlineLoss: offline.loss, onlineLoss: online.loss),
                weight: weight)
        default:
            preconditionFailure("policy and reference log-probabilities are of different kinds")
        }
    }
}

extension PreferenceLoss.Value {
    /// The same loss with its gradient scaled, as a weight held constant does.
    func scaled(by weight: Double) -> Self {
        Self(
            loss: loss, chosenGradient: weight * chosenGradient,
            rejectedGradient: weight * rejectedGradient)
    }
}
