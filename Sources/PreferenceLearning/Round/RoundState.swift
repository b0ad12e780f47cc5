public import Foundation
import LanguageModel

/// Everything a later run needs to go on from a boundary of a round, to the same bits.
public struct RoundState: Sendable {
    /// What comes next.
    public enum Phase: String, Codable, Sendable {
        /// Score the chunk and choose whom to ask about.
        case scoring
        /// Sample candidates for the next group of asks.
        case sampling
        /// Put the next request to the annotator.
        case asking
        /// Train on the chunk's next batch.
        case training
        case evaluating
        case finished
    }

    /// A pair the meta-learner chose to ask about.
    struct Ask: Codable, Hashable {
        /// Index of the item in the round's walk.
        var item: Int
        var score: Double
        var weight: Double
        var draw: Double
    }

    /// The part of the state that is not a vector of floats.
    struct Record: Codable, Hashable {
        var plan: String
        var phase = Phase.scoring
        var chunk = 0
        /// Next batch of the chunk.
        var batch = 0
        /// The chunk's asks, lowest weight first, and how many of them have been sampled for.
        var asks: [Ask] = []
        var sampled = 0
        /// Requests of the group last sampled, and how many have been put to the annotator.
        var requests: [LabelRequest] = []
        var asked = 0
        /// Online pairs of this round by the id of their offline pair.
        var online: [String: OnlineAnswer] = [:]
        /// Given pairs that were retracted before the round came to train on them, sorted.
        var retracted: [String] = []
        var learner: MetaLearnerTrainer
        var optimizerSettings: AdamW<Float>.Settings
        var step = 0
        var metrics = RoundMetrics()
        var evidence = GateEvidence()
    }

    var record: Record
    /// The adapter's flat parameters.
    public internal(set) var parameters: [Float]
    var optimizer: AdamW<Float>

    public var phase: Phase { record.phase }
    /// Optimiser steps taken; while it stands still, so do all tensors.
    public var step: Int { optimizer.step }
    public var learner: MetaLearnerTrainer { record.learner }
    public var metrics: RoundMetrics { record.metrics }
    public var evidence: GateEvidence { record.evidence }
    /// Given pairs that were retracted before the round came to train on them.
    public var retracted: [String] { record.retracted }
    /// Online pairs gathered from answers in this round, in the order of their requests' ids.
    public var onlineAnswers: [OnlineAnswer] {
        record.online.values.sorted { $0.request < $1.request }
    }
}

extension RoundState {
    /// The beginning of a round.
    init(plan: RoundPlan, digest: String, start: LoRAAdapter, skipped: [String]) {
        let configuration = plan.configuration
        let settings = AdamW<Float>.Settings(
            beta1: configuration.beta1, beta2: configuration.beta2,
            weightDecay: configuration.weightDecay)
        parameters = start.parameters
        optimizer = AdamW(parameterCount: parameters.count, settings: settings)
        record = Record(
            plan: digest,
            learner: plan.learner?.with(configuration: configuration.metaLearner)
                ?? MetaLearnerTrainer(configuration: configuration.metaLearner, seed: plan.seed),
            optimizerSettings: settings)
        record.metrics.skipped = skipped
    }

    /// Whether the state's place exists in a round's walk; false for a damaged state.
    func isWithin(_ walk: RoundWalk) -> Bool {
        guard record.phase != .evaluating, record.phase != .finished else { return true }
        guard (0..<walk.chunkCount).contains(record.chunk) else { return false }
        let batches = walk.batchCount(ofChunk: record.chunk)
        return (0..<batches).contains(record.batch)
            && record.asks.allSatisfy { walk.chunk(record.chunk).contains($0.item) }
            && (0...record.asks.count).contains(record.sampled)
            && (record.phase != .sampling || record.sampled < record.asks.count)
            && (0...record.requests.count).contains(record.asked)
            && (record.phase != .asking || record.asked < record.requests.count)
    }

    /// Names of the tensors in ``encoded()``.
    public enum TensorName {
        public static let adapter = "adapter"
        public static let firstMoment = "optimizer.first_moment"
        public static let secondMoment = "optimizer.second_moment"
    }

    /// Splits the state into JSON with sorted keys and flat float32 vectors.
    ///
    /// - Postconditions: equal states give equal bytes; `init(json:tensors:)` restores every bit.
    public func encoded() throws -> (json: Data, tensors: [String: [Float]]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var record = record
        record.optimizerSettings = optimizer.settings
        record.step = optimizer.step
        return (
            try encoder.encode(record),
            [
                TensorName.adapter: parameters,
                TensorName.firstMoment: optimizer.firstMoment,
                TensorName.secondMoment: optimizer.secondMoment,
            ]
        )
    }

    /// Restores a state from ``encoded()``.
    ///
    /// - Throws: ``PreferenceLearningError/stateMismatch(reason:)`` when a part is missing or of
    ///   the wrong length.
    public init(json: Data, tensors: [String: [Float]]) throws {
        let record: Record
        do {
            record = try JSONDecoder().decode(Record.self, from: json)
        } catch {
            throw PreferenceLearningError.stateMismatch(
                reason: "its state is unreadable (\(error))")
        }
        func tensor(_ name: String) throws -> [Float] {
            guard let tensor = tensors[name] else {
                throw PreferenceLearningError.stateMismatch(reason: "tensor \(name) is missing")
            }
            return tensor
        }
        let parameters = try tensor(TensorName.adapter)
        let first = try tensor(TensorName.firstMoment)
        let second = try tensor(TensorName.secondMoment)
        guard first.count == parameters.count, second.count == parameters.count else {
            throw PreferenceLearningError.stateMismatch(
                reason: "the optimiser's moments do not fit the adapter")
        }
        guard (0..<AdamW<Float>.stepLimit).contains(record.step) else {
            throw PreferenceLearningError.stateMismatch(
                reason: "the optimiser cannot have taken \(record.step) steps")
        }
        self.record = record
        self.parameters = parameters
        optimizer = AdamW(
            settings: record.optimizerSettings, step: record.step, firstMoment: first,
            secondMoment: second)
    }
}
