/// Adam with decoupled weight decay over one flat vector of parameters.
///
/// `θ ← θ·(1 − η·λ)`; `m ← β₁·m + (1 − β₁)·g`; `v ← β₂·v + (1 − β₂)·g²`;
/// `θ ← θ − η·(m/(1 − β₁ᵗ)) / (√(v/(1 − β₂ᵗ)) + ε)`.
///
/// - Source: Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2, with PyTorch's order of
///   operations.
/// - Golden: `Fixtures/adamw.json`, made by `Tools/golden/adamw.py`.
public struct AdamW<Scalar: BinaryFloatingPoint & Codable & Hashable & Sendable>:
    Codable, Hashable, Sendable
{
    /// β₁, β₂, ε and λ; the learning rate comes with each step.
    public struct Settings: Codable, Hashable, Sendable {
        public var beta1: Double
        public var beta2: Double
        public var epsilon: Double
        public var weightDecay: Double

        public init(
            beta1: Double = 0.9, beta2: Double = 0.95, epsilon: Double = 1e-8,
            weightDecay: Double = 0
        ) {
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
        }
    }

    public let settings: Settings
    /// Steps taken, t.
    public private(set) var step: Int
    public private(set) var firstMoment: [Scalar]
    public private(set) var secondMoment: [Scalar]

    /// An optimiser that has not taken a step.
    public init(parameterCount: Int, settings: Settings) {
        self.settings = settings
        step = 0
        firstMoment = Array(repeating: 0, count: parameterCount)
        secondMoment = Array(repeating: 0, count: parameterCount)
    }

    /// An optimiser in the middle of its run.
    ///
    /// - Precondition: both moments have one element for each parameter.
    public init(settings: Settings, step: Int, firstMoment: [Scalar], secondMoment: [Scalar]) {
        precondition(firstMoment.count == secondMoment.count, "moments differ in length")
        self.settings = settings
        self.step = step
        self.firstMoment = firstMoment
        self.secondMoment = secondMoment
    }

    /// More steps than any run takes; a decoded count stays below, so that it cannot overflow.
    static var stepLimit: Int { 1 << 40 }

    /// - Throws: `DecodingError` when the moments differ in length or a value is none that steps
    ///   lead to.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        settings = try container.decode(Settings.self, forKey: .settings)
        step = try container.decode(Int.self, forKey: .step)
        firstMoment = try container.decode([Scalar].self, forKey: .firstMoment)
        secondMoment = try container.decode([Scalar].self, forKey: .secondMoment)
        guard (0..<Self.stepLimit).contains(step), firstMoment.count == secondMoment.count else {
            throw DecodingError.dataCorruptedError(
                forKey: .secondMoment, in: container,
                debugDescription: "\(firstMoment.count) first and \(secondMoment.count) second "
                    + "moments after \(step) steps")
        }
        guard firstMoment.allSatisfy(\.isFinite),
            secondMoment.allSatisfy({ $0.isFinite && $0 >= 0 })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .secondMoment, in: container,
                debugDescription: "a moment is not finite, or a second moment is negative")
        }
        guard (0..<1).contains(settings.beta1), (0..<1).contains(settings.beta2),
            settings.epsilon.isFinite, settings.epsilon > 0,
            settings.weightDecay.isFinite, settings.weightDecay >= 0
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .settings, in: container,
                debugDescription: "no optimiser runs with \(settings)")
        }
    }

    /// Takes one step down `gradient`.
    ///
    /// - Precondition: as many parameters and gradients as at the start.
    @specialized(where Scalar == Float)  // a caller in another module would run the generic code
    public mutating func update(
        _ parameters: inout [Scalar], gradient: [Scalar], learningRate: Double
    ) {
        precondition(
            parameters.count == firstMoment.count && gradient.count == firstMoment.count,
            "AdamW of \(firstMoment.count) parameters got \(parameters.count) "
                + "and \(gradient.count) gradients")
        step += 1
        let beta1 = Scalar(settings.beta1)
        let beta2 = Scalar(settings.beta2)
        let epsilon = Scalar(settings.epsilon)
        let keep = Scalar(1 - learningRate * settings.weightDecay)
        let stepSize = Scalar(learningRate / (1 - power(settings.beta1, step)))
        let rootCorrection = Scalar((1 - power(settings.beta2, step)).squareRoot())
        let count = parameters.count
        parameters.withUnsafeMutableBufferPointer { parameter in
            gradient.withUnsafeBufferPointer { gradient in
                firstMoment.withUnsafeMutableBufferPointer { first in
                    secondMoment.withUnsafeMutableBufferPointer { second in
                        for index in 0..<count {
                            let slope = gradient[index]
                            first[index] += (1 - beta1) * (slope - first[index])
                            second[index] = beta2 * second[index] + (1 - beta2) * slope * slope
                            let spread = second[index].squareRoot() / rootCorrection + epsilon
                            parameter[index] =
                                parameter[index] * keep - stepSize * first[index] / spread
                        }
                    }
                }
            }
        }
    }
}

/// `base` to a positive whole power by repeated multiplication; the same bits on every platform,
/// unlike `pow`.
private func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var square = base
    var remaining = exponent
    while remaining > 0 {
        if remaining & 1 == 1 { result *= square }
        square *= square
        remaining >>= 1
    }
    return result
}
