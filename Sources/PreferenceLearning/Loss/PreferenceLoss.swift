/// Measures how strongly the policy fails to prefer the chosen response.
///
/// With the logit `z` of the objective and label noise ε,
/// `L = −(1 − ε)·log σ(z) − ε·log σ(−z) − λ·log π(y⁺)/|y⁺|`.
///
/// A response that was rated alone has one side, and `z` has the sign of the rating. Its loss is
/// `L = (1 − ε)·(1 − σ(z)) + ε·σ(z)`, bounded, so that one thumb cannot push for ever.
///
/// - Units: log-probabilities in nats, summed over response tokens only.
/// - Postconditions: for DPO with ε = λ = 0 and `policy == reference`: loss `log 2`, gradient
///   `∓β/2`.
/// - Edge cases: NaN propagates; callers refuse values that are not finite.
/// - Source: Rafailov et al. 2023, arXiv:2305.18290, eq. 7; ε as in Mitchell 2023 (conservative
///   DPO); λ as in Pang et al. 2024, arXiv:2404.19733, eq. 1; SimPO: Meng et al. 2024,
///   arXiv:2405.14734, eq. 6; rated responses: APO-zero, unpaired, D'Oosterlinck et al. 2024,
///   arXiv:2408.06266, as in TRL's `apo_zero_unpaired`.
/// - Golden: `Fixtures/loss.json`, made by `Tools/golden/loss.py`.
public struct PreferenceLoss: Codable, Hashable, Sendable {
    /// The logit that is pushed up.
    public enum Objective: Codable, Hashable, Sendable {
        /// `z = β·Δ`, relative to the reference.
        case dpo(beta: Double)
        /// `z = β·(log π(y⁺)/|y⁺| − log π(y⁻)/|y⁻|) − γ`: length-normalised and without a
        /// reference. The paper's β is 2.5, γ 0.6 or more.
        case simpo(beta: Double, gamma: Double)

        /// β, which also scales implicit rewards.
        public var beta: Double {
            switch self {
            case .dpo(let beta), .simpo(let beta, _): beta
            }
        }
    }

    public var objective: Objective
    /// ε, the share of labels taken to be wrong.
    public var labelSmoothing: Double
    /// λ, the weight of the chosen response's mean token negative log-likelihood.
    public var nllCoefficient: Double

    public init(
        objective: Objective = .dpo(beta: 0.1), labelSmoothing: Double = 0,
        nllCoefficient: Double = 0
    ) {
        self.objective = objective
        self.labelSmoothing = labelSmoothing
        self.nllCoefficient = nllCoefficient
    }

    /// A pair's loss and its derivative by the policy's two summed log-probabilities.
    public struct Value: Hashable, Sendable {
        public var loss: Double
        /// `∂L/∂ log π(y⁺)`
        public var chosenGradient: Double
        /// `∂L/∂ log π(y⁻)`
        public var rejectedGradient: Double
    }

    public func callAsFunction(policy: PairLogps, reference: PairLogps) -> Value {
        let chosenScale: Double
        let rejectedScale: Double
        let logit: Double
        switch objective {
        case .dpo(let beta):
            chosenScale = beta
            rejectedScale = beta
            logit = beta * policy.margin(over: reference)
        case .simpo(let beta, let gamma):
            chosenScale = beta / Double(policy.chosenTokens)
            rejectedScale = beta / Double(policy.rejectedTokens)
            logit = chosenScale * policy.chosen - rejectedScale * policy.rejected - gamma
        }
        guard !policy.isRating else { return rating(logit, policy, scale: chosenScale) }
        let nllScale = nllCoefficient / Double(policy.chosenTokens)
        // dL/dz = −(1 − ε)·σ(−z) + ε·σ(z)
        let slope = labelSmoothing * sigmoid(logit) - (1 - labelSmoothing) * sigmoid(-logit)
        return Value(
            loss: -(1 - labelSmoothing) * logSigmoid(logit) - labelSmoothing * logSigmoid(-logit)
                - nllScale * policy.chosen,
            chosenGradient: slope * chosenScale - nllScale,
            rejectedGradient: -slope * rejectedScale)
    }

    /// - Parameter logit: `β·Δ`, the missing side counting 0.
    private func rating(_ logit: Double, _ policy: PairLogps, scale: Double) -> Value {
        let isLiked = policy.rejectedTokens == 0
        let nllScale = isLiked ? nllCoefficient / Double(policy.chosenTokens) : 0
        let trust = 1 - 2 * labelSmoothing
        // dL/dz = −(1 − 2ε)·σ(z)·σ(−z)
        let slope = -trust * sigmoid(logit) * sigmoid(-logit)
        return Value(
            loss: labelSmoothing + trust * sigmoid(-logit) - nllScale * policy.chosen,
            chosenGradient: isLiked ? slope * scale - nllScale : 0,
            rejectedGradient: isLiked ? 0 : -slope * scale)
    }

    /// Whether rated responses can be trained on: without a reference there is nothing to tell how
    /// far one is liked.
    package var takesRatings: Bool {
        switch objective {
        case .dpo: true
        case .simpo: false
        }
    }

    var isValid: Bool {
        switch objective {
        case .dpo(let beta): beta.isFinite && beta > 0
        case .simpo(let beta, let gamma): beta.isFinite && beta > 0 && gamma.isFinite
        }
    }
}
