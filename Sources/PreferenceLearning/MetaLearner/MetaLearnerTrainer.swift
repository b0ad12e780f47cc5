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

    /// - Throws: `DecodingError` when the optimiser is not the meta-learner's.
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
