import LanguageModel
import PreferenceLearning
import TestSupport
import Testing

/// The whole chain, from the objective through the engine to the adapter's parameters.
@Suite struct BatchObjectiveTests {
    let model: Transformer
    let adapter: LoRAAdapter
    let examples: [TrainingItem]
    let objective = MetaWeightedLoss(
        pairLoss: PreferenceLoss(labelSmoothing: 0.05, nllCoefficient: 0.1), scoreBeta: 1,
        learner: MetaLearner(initialization: .reference, seed: 0))

    init() throws {
        model = try TinyModel.load()
        var adapter = LoRAAdapter(
            configuration: LoRAConfiguration(rank: 2, alpha: 4), model: model.configuration,
            seed: 3)
        // B is zero in a fresh adapter, and with it half of the gradient.
        var generator = SeededGenerator(seed: 1)
        adapter.parameters = adapter.parameters.map {
            $0 + 0.1 * Float(2 * generator.uniform() - 1)
        }
        self.adapter = adapter
        examples = [
            .offline(TinyRound.pair("one")),
            .both(
                offline: TinyRound.pair("two"),
                online: .sample("three", prompt: "two?", chosen: "eee", rejected: "q{q")),
            .online(TinyRound.pair("four")),
        ]
    }

    private func tokens(_ example: TrainingItem) -> PairSides<TokenizedPair> {
        example.map { TokenizedPair($0, template: model.chatTemplate) }
    }

    /// Log-probabilities without the engine's packing of several responses.
    private func logps(
        _ item: PairSides<TokenizedPair>, _ adapter: LoRAAdapter?, _ context: ComputeContext
    ) throws -> PairSides<PairLogps> {
        try item.map { pair in
            func sum(_ response: [TokenID]) throws -> Double {
                try context.logps(
                    ResponseGroup(prompt: pair.prompt, responses: [response]), adapter: adapter
                )[0].sum
            }
            return PairLogps(
                chosen: try sum(pair.chosen), rejected: try sum(pair.rejected),
                chosenTokens: pair.chosen.count, rejectedTokens: pair.rejected.count)
        }
    }

    /// The slope of the mean loss along a gradient of norm n is n, with the weights held at the
    /// starting point.
    private func slope(along gradient: [Float]) throws -> Double {
        let context = ComputeContext(model: model, threads: 1)
        let items = examples.map(tokens)
        let references = try items.map { try logps($0, nil, context) }
        let weights = try zip(items, references).map {
            objective(policy: try logps($0, adapter, context), reference: $1).weight
        }
        func loss(_ adapter: LoRAAdapter) throws -> Double {
            var total = 0.0
            for ((item, reference), weight) in zip(zip(items, references), weights) {
                let losses = zip(try logps(item, adapter, context).values, reference.values).map {
                    objective.pairLoss(policy: $0, reference: $1).loss
                }
                total += weight.map { $0 * losses[0] + (1 - $0) * losses[1] } ?? losses[0]
            }
            return total / Double(items.count)
        }
        let norm = gradient.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        func moved(by step: Double) -> LoRAAdapter {
            var moved = adapter
            moved.parameters = zip(adapter.parameters, gradient).map {
                $0 + Float(step / norm) * $1
            }
            return moved
        }
        let step = 2e-2
        return (try loss(moved(by: step)) - loss(moved(by: -step))) / (2 * step * norm)
    }

    private func gradient() throws -> [Float] {
        let context = ComputeContext(model: model, threads: 1)
        let batch = try examples.map { example in
            let item = tokens(example)
            return (item, try logps(item, nil, context))
        }
        return try BatchObjective(loss: objective, context: context).gradient(
            of: batch, policy: adapter
        ).gradient
    }

    @Test func gradientIsTheSlopeOfTheLoss() throws {
        #expect(abs(try slope(along: gradient()) - 1) < 5e-3)
    }

    @Test func aWrongGradientIsCaught() throws {
        let right = try gradient()
        #expect(abs(try slope(along: right.map { $0 * 1.05 }) - 1) > 0.03)
        #expect(try slope(along: right.map(-)) < 0)
        // One factor's part with the wrong sign.
        let layout = adapter.layout.matrices[0]
        var flipped = right
        for index in layout.bRange { flipped[index] = -flipped[index] }
        #expect(abs(try slope(along: flipped) - 1) > 0.01)
    }

    @Test func figuresAreThoseOfTheItems() throws {
        let context = ComputeContext(model: model, threads: 1)
        let batch = try examples.map { example in
            let item = tokens(example)
            return (item, try logps(item, nil, context))
        }
        let summary = try BatchObjective(loss: objective, context: context).gradient(
            of: batch, policy: adapter
        ).summary
        let metrics = summary.metrics(batch: 3, chunk: 1, gradientNorm: 2, learningRate: 0.1)
        #expect(metrics.items == 3)
        #expect(summary.samples.count == 1, "only items with both sides teach the meta-learner")
        #expect(metrics.values["meta/score"] == summary.samples[0].score)
        let expected = try batch.map {
            objective(policy: try logps($0.0, adapter, context), reference: $0.1).loss
        }
        let loss = try #require(metrics.values["loss"])
        #expect(close(loss, expected.reduce(0, +) / 3, 1e-5))
    }
}
