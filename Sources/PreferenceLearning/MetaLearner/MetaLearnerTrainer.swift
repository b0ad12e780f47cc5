/// A meta-learner with its optimiser and the batches it has yet to learn from.
///
/// All three outlive the round: a personal machine's rounds are short, and a buffer emptied at each
/// one's end might never fill.
public struct MetaLearnerTrainer: Codable, Hashable, Sendable {
    public let configuration: MetaLearnerConfiguration
    public private(set) var learner: MetaLearner
    private var optimizer: AdamW<Double>
    private var buffer: [MetaSample]
    private var bufferedBatches: Int

    /// A fresh meta-learner.
    public init(configuration: MetaLearnerConfiguration, seed: UInt64) {
        self.init(
            configuration: configuration,
            learner: MetaLearner(initialization: configuration.initialization, seed: seed))
    }

    /// Starts training from given weights.
    public init(configuration: MetaLearnerConfiguration, learner: MetaLearner) {
        self.configuration = configuration
        self.learner = learner
        optimizer = AdamW(
            parameterCount: MetaLearner.parameterCount,
            settings: .init(
                beta1: configuration.beta1, beta2: configuration.beta2,
                weightDecay: configuration.weightDecay))
        buffer = []
        bufferedBatches = 0
    }

    /// The most samples a decoded buffer may hold; T_meta batches are far fewer.
    private static let bufferLimit = 1 << 20

    /// Reads what may come from a peer's checkpoint.
    ///
    /// - Throws: `DecodingError` when the optimiser is not the meta-learner's or a value is none
    ///   that training leads to.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        configuration = try container.decode(
            MetaLearnerConfiguration.self, forKey: .configuration)
        learner = try container.decode(MetaLearner.self, forKey: .learner)
        optimizer = try container.decode(AdamW<Double>.self, forKey: .optimizer)
        buffer = try container.decode([MetaSample].self, forKey: .buffer)
        bufferedBatches = try container.decode(Int.self, forKey: .bufferedBatches)
        guard optimizer.firstMoment.count == MetaLearner.parameterCount else {
            throw DecodingError.dataCorruptedError(
                forKey: .optimizer, in: container,
                debugDescription: "\(optimizer.firstMoment.count) moments for "
                    + "\(MetaLearner.parameterCount) parameters")
        }
        do {
            try configuration.validate()
        } catch {
            throw DecodingError.dataCorruptedError(
                forKey: .configuration, in: container, debugDescription: "\(error)")
        }
        // Every batch that is counted has a sample.
        guard (0..<configuration.batchesPerUpdate).contains(bufferedBatches),
            bufferedBatches <= buffer.count, buffer.isEmpty == (bufferedBatches == 0)
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .bufferedBatches, in: container,
                debugDescription: "\(bufferedBatches) buffered batches of "
                    + "\(configuration.batchesPerUpdate), with \(buffer.count) samples")
        }
        guard buffer.count <= Self.bufferLimit, buffer.allSatisfy(\.isPlausible) else {
            throw DecodingError.dataCorruptedError(
                forKey: .buffer, in: container,
                debugDescription: "more than \(Self.bufferLimit) samples, or one that is out of "
                    + "range")
        }
    }

    /// The same weights, moments and buffer under other settings.
    ///
    /// A checkpoint carries the settings of the host that made it; the host that trains on uses its
    /// own.
    func with(configuration: MetaLearnerConfiguration) -> MetaLearnerTrainer {
        var result = MetaLearnerTrainer(configuration: configuration, learner: learner)
        result.optimizer = AdamW(
            settings: result.optimizer.settings, step: optimizer.step,
            firstMoment: optimizer.firstMoment, secondMoment: optimizer.secondMoment)
        result.buffer = buffer
        result.bufferedBatches = bufferedBatches
        return result
    }

    /// What one update did.
    public struct Update: Hashable, Sendable {
        /// The meta-loss before the step.
        public var metaLoss: Double
        public var samples: Int
    }

    /// Buffers a batch's observations, and takes one step when T_meta batches are together.
    ///
    /// - Parameter batch: one sample for each item with both sides. A batch without any is not
    ///   counted: it has nothing to say about `w`.
    /// - Returns: nil while the buffer fills.
    public mutating func observe(_ batch: [MetaSample]) -> Update? {
        guard !batch.isEmpty else { return nil }
        buffer += batch
        bufferedBatches += 1
        guard bufferedBatches >= configuration.batchesPerUpdate else { return nil }
        let (loss, gradient) = learner.metaLoss(of: buffer)
        optimizer.update(
            &learner.parameters, gradient: gradient, learningRate: configuration.learningRate)
        defer {
            buffer.removeAll()
            bufferedBatches = 0
        }
        return Update(metaLoss: loss, samples: buffer.count)
    }
}
