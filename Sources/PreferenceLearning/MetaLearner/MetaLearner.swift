import Foundation
import LanguageModel

/// Judges from a pair's preference score how much its given labels still have to teach.
///
/// `h(s) = σ(b + Σᵢ vᵢ·tanh(uᵢ·s + aᵢ))` with 100 hidden units: 301 parameters. A high weight
/// trusts the offline pair, a low one asks for fresh labels and trains on them.
///
/// - Shapes: `parameters` is flat, `u[100] a[100] v[100] b[1]`.
/// - Source: MetaAPO, arXiv:2509.23371, section 3.
/// - Golden: `Fixtures/meta_learner.json`, made by `Tools/golden/meta_learner.py`.
public struct MetaLearner: Codable, Hashable, Sendable {
    public static let unitCount = 100
    public static let parameterCount = 3 * unitCount + 1

    public internal(set) var parameters: [Double]

    /// Starts from known weights.
    ///
    /// - Precondition: `parameterCount` values.
    public init(parameters: [Double]) {
        precondition(parameters.count == Self.parameterCount, "a meta-learner has 301 parameters")
        self.parameters = parameters
    }

    /// - Throws: `DecodingError` unless there are 301 finite parameters.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        parameters = try container.decode([Double].self, forKey: .parameters)
        guard parameters.count == Self.parameterCount, parameters.allSatisfy(\.isFinite) else {
            throw DecodingError.dataCorruptedError(
                forKey: .parameters, in: container,
                debugDescription: "a meta-learner has \(Self.parameterCount) finite parameters")
        }
    }

    /// Starts afresh.
    ///
    /// Both initialisations give `h(s) = σ(10·tanh(0.1·s))`, `.reference` exactly and
    /// `.brokenSymmetry` within 1e-3 for all `s ≤ 0`. There the units come in fours with weights
    /// `0.1·(1 ± ε)`, `0.1·(1 ± η)` in all combinations of sign: what is linear in ε, η and εη
    /// cancels within each four, and every unit gets a gradient of its own.
    public init(initialization: MetaLearnerConfiguration.Initialization, seed: UInt64) {
        let count = Self.unitCount
        var parameters = [Double](repeating: 0, count: Self.parameterCount)
        var generator = SeededGenerator(seed: seed, stream: StableHash.of("meta-learner"))
        for first in stride(from: 0, to: count, by: 4) {
            var inner = 0.0
            var outer = 0.0
            if initialization == .brokenSymmetry {
                inner = 0.1 * (0.2 + 0.8 * generator.uniform())
                outer = 0.1 * (0.2 + 0.8 * generator.uniform())
            }
            let signs = [(1.0, 1.0), (-1, 1), (1, -1), (-1, -1)]
            for (unit, sign) in zip(first..<first + 4, signs) {
                parameters[unit] = 0.1 * (1 + sign.0 * inner)
                parameters[2 * count + unit] = 0.1 * (1 + sign.1 * outer)
            }
        }
        self.parameters = parameters
    }

    /// The weight `w ∈ (0, 1)` of an offline pair with preference score `s ≤ 0`.
    public func callAsFunction(_ score: Double) -> Double {
        let count = Self.unitCount
        var logit = parameters[3 * count]
        for unit in 0..<count {
            let hidden = tanh(parameters[unit] * score + parameters[count + unit])
            logit += parameters[2 * count + unit] * hidden
        }
        return sigmoid(logit)
    }

    /// The meta-loss `mean[h(s)·L_off + (1 − h(s))·L_on]` and its gradient by the parameters.
    ///
    /// Gradient: `mean[(L_off − L_on)·∇h(s)]`; where online data is easier to fit, `w` falls and
    /// more is asked.
    ///
    /// - Precondition: at least one sample.
    public func metaLoss(of samples: [MetaSample]) -> (loss: Double, gradient: [Double]) {
        precondition(!samples.isEmpty, "the meta-loss of no samples")
        let count = Self.unitCount
        var loss = 0.0
        var gradient = [Double](repeating: 0, count: Self.parameterCount)
        var hidden = [Double](repeating: 0, count: count)
        let share = 1 / Double(samples.count)
        for sample in samples {
            var logit = parameters[3 * count]
            for unit in 0..<count {
                hidden[unit] = tanh(parameters[unit] * sample.score + parameters[count + unit])
                logit += parameters[2 * count + unit] * hidden[unit]
            }
            let weight = sigmoid(logit)
            loss += share * (weight * sample.offlineLoss + (1 - weight) * sample.onlineLoss)
            let gap = sample.offlineLoss - sample.onlineLoss
            // h' = h·(1 − h); both factors come from sigmoid, so neither loses digits near 0 or 1.
            let slope = share * gap * weight * sigmoid(-logit)
            gradient[3 * count] += slope
            for unit in 0..<count {
                let inner = slope * parameters[2 * count + unit] * (1 - hidden[unit] * hidden[unit])
                gradient[unit] += inner * sample.score
                gradient[count + unit] += inner
                gradient[2 * count + unit] += slope * hidden[unit]
            }
        }
        return (loss, gradient)
    }
}

/// A detached observation the meta-learner learns from.
public struct MetaSample: Codable, Hashable, Sendable {
    /// `s` of the offline pair.
    public var score: Double
    public var offlineLoss: Double
    public var onlineLoss: Double

    public init(score: Double, offlineLoss: Double, onlineLoss: Double) {
        self.score = score
        self.offlineLoss = offlineLoss
        self.onlineLoss = onlineLoss
    }

    /// Whether a pair can have given it: finite numbers whose squares stay finite, and losses that
    /// are negative by rounding at most.
    var isPlausible: Bool {
        let losses = -1e-3...1e12
        return abs(score) <= 1e12 && losses.contains(offlineLoss) && losses.contains(onlineLoss)
    }
}
