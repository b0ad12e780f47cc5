import Foundation
import LanguageModel
import PreferenceLearning

/// The pieces of work that Attune and its peers are measured on.
final class Work {
    let context: ComputeContext
    private let model: ModelConfiguration
    private var generator = SeededGenerator(seed: 1)

    init(model: Transformer, threads: Int, precision: ComputePrecision) {
        context = ComputeContext(model: model, threads: threads, precision: precision)
        self.model = model.configuration
    }

    private func tokens(_ count: Int) -> [TokenID] {
        (0..<count).map { _ in TokenID(100 + generator.next() % 39_900) }
    }

    /// Tokens a second that a prompt is read with, until the first token is drawn.
    func prefill(_ count: Int, repeats: Int = 5) throws -> Double {
        let prompt = tokens(count)
        let seconds = try Machine.median(of: repeats) {
            _ = try context.generate(
                [GenerationRequest(prompt: prompt)],
                parameters: SamplingParameters(temperature: 1, maximumTokens: 1), adapter: nil)
        }
        return Double(count) / seconds
    }

    /// Tokens a second of `count` samples of one 64-token prompt, the prompt's own time left out.
    func sampling(_ count: Int, adapter: LoRAAdapter?) throws -> Double {
        let prompt = tokens(64)
        let clock = ContinuousClock()
        var rates: [Double] = []
        for round in 0..<4 {
            var drawn = 0
            var began = clock.now
            var last = began
            _ = try context.generate(
                [GenerationRequest(prompt: prompt, sampleCount: count)],
                parameters: SamplingParameters(
                    temperature: 1, maximumTokens: 65, seed: UInt64(round)),
                adapter: adapter
            ) { _, _, _ in
                drawn += 1
                last = clock.now
                if drawn == count { began = last }
            }
            if round > 0 { rates.append(Double(drawn - count) / (last - began).inSeconds) }
        }
        return rates.sorted()[rates.count / 2]
    }

    /// Pairs a second of a whole DPO step with AdamW, reference log-probabilities known.
    func preferenceStep(
        pairs: Int, prompt: Int, response: Int, rank: Int
    ) throws -> Double {
        let configuration = LoRAConfiguration(rank: rank, alpha: Float(2 * rank))
        var policy = LoRAAdapter(configuration: configuration, model: model, seed: 3)
        var optimizer = AdamW<Float>(
            parameterCount: policy.parameters.count, settings: .init())
        let objective = BatchObjective(
            loss: MetaWeightedLoss(
                pairLoss: PreferenceLoss(objective: .dpo(beta: 0.1)), scoreBeta: 1,
                learner: MetaLearner(initialization: .reference, seed: 0)),
            context: context)
        let batch = (0..<pairs).map { index in
            let pair = TokenizedPair(
                id: "\(index)", promptKey: "\(index)", prompt: tokens(prompt),
                chosen: tokens(response), rejected: tokens(response))
            let reference = PairLogps(
                chosen: -300, rejected: -300, chosenTokens: response, rejectedTokens: response)
            return (PairSides.offline(pair), PairSides.offline(reference))
        }
        let seconds = try Machine.median(of: 3) {
            let (gradient, _) = try objective.gradient(of: batch, policy: policy)
            optimizer.update(&policy.parameters, gradient: gradient, learningRate: 1e-4)
        }
        return Double(pairs) / seconds
    }

    /// The float32 operations of a pair, in GFLOP, counted as if nothing were saved: every weight
    /// matrix forward and backward, the vocabulary twice for each response token.
    func operations(prompt: Int, response: Int) -> Double {
        let block =
            2 * model.width * model.width + 2 * model.width * model.keyValueHeadCount
            * model.headSize + 3 * model.width * model.feedForwardWidth
        let weights = Double(model.layerCount * block)
        let rows = Double(prompt + 2 * response)
        let head = Double(model.vocabularySize * model.width)
        return (4 * weights * rows + 4 * head * Double(2 * response)) * 1e-9
    }
}
