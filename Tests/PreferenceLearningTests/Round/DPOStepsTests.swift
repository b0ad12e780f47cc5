import LanguageModel
import PreferenceLearning
import Testing

/// Ten DPO steps on the real model, held against PyTorch and transformers.
///
/// - Golden: `Fixtures/dpo_steps.json`, made by `Tools/golden/dpo_steps.py`.
@Suite struct DPOStepsTests {
    struct Golden: Decodable {
        struct Adapter: Decodable {
            let rank: Int
            let alpha: Float
            let seed: UInt64
        }

        struct Optimizer: Decodable {
            let learningRate, beta1, beta2, epsilon, weightDecay: Double
        }

        struct Pair: Decodable {
            let prompt, chosen, rejected: [TokenID]
            let referenceChosen, referenceRejected: Double
        }

        struct Step: Decodable {
            let pairs: [Int]
            let loss: Double
            let chosen, rejected: [Double]
            let gradientNorm: Double
        }

        struct Factor: Decodable {
            let name: String
            let norm, change: Double
        }

        let beta: Double
        let adapter: Adapter
        let optimizer: Optimizer
        let pairs: [Pair]
        let steps: [Step]
        let final: [Factor]
    }

    @Test func tenStepsFollowPyTorch() throws {
        let golden = try Fixture.load("dpo_steps", as: Golden.self)
        let model = try RealModel.load()
        let context = ComputeContext(model: model, threads: 2)
        let start = try adapter(golden.adapter, model: model.configuration)
        var policy = start
        var optimizer = AdamW<Float>(
            parameterCount: policy.parameters.count,
            settings: .init(
                beta1: golden.optimizer.beta1, beta2: golden.optimizer.beta2,
                epsilon: golden.optimizer.epsilon, weightDecay: golden.optimizer.weightDecay))
        let objective = BatchObjective(
            loss: MetaWeightedLoss(
                pairLoss: PreferenceLoss(objective: .dpo(beta: golden.beta)), scoreBeta: 1,
                learner: MetaLearner(initialization: .reference, seed: 0)),
            context: context)
        let pairs = golden.pairs.enumerated().map { index, pair in
            TokenizedPair(
                id: "\(index)", promptKey: "\(index)", prompt: pair.prompt, chosen: pair.chosen,
                rejected: pair.rejected)
        }
        let reference = try pairs.map { $0.logps(try context.logps($0.group, adapter: nil)) }
        for (found, expected) in zip(reference, golden.pairs) {
            #expect(abs(found.chosen - expected.referenceChosen) < 1e-2)
            #expect(abs(found.rejected - expected.referenceRejected) < 1e-2)
        }
        for (number, step) in golden.steps.enumerated() {
            let batch = step.pairs.map {
                (PairSides.offline(pairs[$0]), PairSides.offline(reference[$0]))
            }
            var (gradient, summary) = try objective.gradient(of: batch, policy: policy)
            let norm = clip(&gradient, toNorm: .infinity)
            let values = summary.metrics(
                batch: number, chunk: 0, gradientNorm: norm, learningRate: 0
            ).values
            let count = Double(step.pairs.count)
            let loss = try #require(values["loss"])
            let chosen = try #require(values["logps/chosen"])
            let rejected = try #require(values["logps/rejected"])
            #expect(abs(loss - step.loss) < 1e-3, "step \(number)")
            #expect(abs(chosen - step.chosen.reduce(0, +) / count) < 2e-2, "step \(number)")
            #expect(abs(rejected - step.rejected.reduce(0, +) / count) < 2e-2, "step \(number)")
            #expect(abs(norm / step.gradientNorm - 1) < 1e-2, "step \(number)")
            optimizer.update(
                &policy.parameters, gradient: gradient,
                learningRate: golden.optimizer.learningRate)
        }
        try expectFactors(of: policy, from: start, golden.final)
    }

    /// A in ±1/√inputs from one stream that also counts B's parameters; B zero.
    private func adapter(
        _ golden: Golden.Adapter, model: ModelConfiguration
    ) throws -> LoRAAdapter {
        let configuration = LoRAConfiguration(rank: golden.rank, alpha: golden.alpha)
        let layout = LoRALayout(configuration: configuration, model: model)
        var generator = SeededGenerator(seed: golden.seed)
        var parameters = (0..<layout.parameterCount).map { _ in
            Float(generator.next() >> 40) * 0x1p-23 - 1
        }
        for matrix in layout.matrices {
            let scale = 1 / Float(matrix.inputWidth).squareRoot()
            for index in matrix.aRange { parameters[index] *= scale }
            for index in matrix.bRange { parameters[index] = 0 }
        }
        return try LoRAAdapter(
            configuration: configuration, model: model, parameters: parameters)
    }

    private func expectFactors(
        of policy: LoRAAdapter, from start: LoRAAdapter, _ golden: [Golden.Factor]
    ) throws {
        let expected = Dictionary(uniqueKeysWithValues: golden.map { ($0.name, $0) })
        #expect(expected.count == 2 * policy.layout.matrices.count)
        for matrix in policy.layout.matrices {
            for (factor, range) in [("A", matrix.aRange), ("B", matrix.bRange)] {
                let golden = try #require(expected["\(matrix.name).\(factor)"])
                var norm = 0.0
                var change = 0.0
                for index in range {
                    let now = Double(policy.parameters[index])
                    let move = now - Double(start.parameters[index])
                    norm += now * now
                    change += move * move
                }
                #expect(abs(norm.squareRoot() / golden.norm - 1) < 0.02, "\(golden.name)")
                #expect(abs(change.squareRoot() / golden.change - 1) < 0.05, "\(golden.name)")
            }
        }
    }
}
