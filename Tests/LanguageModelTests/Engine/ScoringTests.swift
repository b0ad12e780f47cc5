import Foundation
import LanguageModel
import Testing

/// The engine against the equations in double precision, on models made for it.
@Suite struct ScoringTests {
    static let models = [TinyModel.odd, TinyModel.quantised]

    /// A prompt longer than a block of queries, and responses of uneven length, one of them empty.
    private func group(_ model: TinyModel, seed: UInt64) -> ResponseGroup {
        var generator = SeededGenerator(seed: seed)
        return ResponseGroup(
            prompt: generator.tokens(70, below: model.vocabularySize),
            responses: [9, 1, 0, 66].map { generator.tokens($0, below: model.vocabularySize) })
    }

    @Test(arguments: models) func logitsFollowTheEquations(_ tiny: TinyModel) throws {
        let model = try tiny.model()
        let naive = try NaiveTransformer(GGUFFile(bytes: tiny.image().bytes))
        let context = ComputeContext(model: model, threads: 2)
        let adapter = try LoRAAdapter.random(
            seed: 5, amplitude: 0.3, rank: 3, model: model.configuration)
        var generator = SeededGenerator(seed: 6)
        for count in [1, 2, 63, 64, 65, 150] {
            let tokens = generator.tokens(count, below: tiny.vocabularySize)
            let plain = try context.logits(tokens, adapter: nil)
            let adapted = try context.logits(tokens, adapter: adapter)
            #expect(distance(plain, naive.logits(tokens)) < 5e-5)
            let expected = naive.logits(
                tokens, layout: adapter.layout, parameters: adapter.parameters.map(Double.init),
                scale: Double(adapter.configuration.scale))
            #expect(distance(adapted, expected) < 5e-5)
            #expect(distance(plain, expected) > 1e-2, "the adapter must matter for this to bind")
        }
    }

    private func distance(_ found: [Float], _ expected: [[Double]]) -> Double {
        let flat = expected.joined()
        precondition(found.count == flat.count)
        return zip(found, flat).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
    }

    @Test(arguments: models) func aGroupEqualsItsSequences(_ tiny: TinyModel) throws {
        let model = try tiny.model()
        let naive = try NaiveTransformer(GGUFFile(bytes: tiny.image().bytes))
        let context = ComputeContext(model: model, threads: 2)
        let group = group(tiny, seed: 1)
        let adapter = try LoRAAdapter.random(
            seed: 5, amplitude: 0.3, rank: 3, model: model.configuration)
        let together = try context.logps(group, adapter: adapter)
        #expect(together == (try context.forward(group, adapter: adapter)))
        for (found, response) in zip(together, group.responses) {
            let expected = naive.logps(
                prompt: group.prompt, response: response, layout: adapter.layout,
                parameters: adapter.parameters.map(Double.init),
                scale: Double(adapter.configuration.scale))
            #expect(found.tokens.count == response.count)
            for (token, value) in zip(found.tokens, expected) {
                #expect(abs(Double(token) - value) < 5e-5)
            }
            #expect(abs(found.sum - expected.reduce(0, +)) < 2e-4)
        }
    }

    @Test func zeroBEqualsTheBase() throws {
        let model = try TinyModel.odd.model()
        let context = ComputeContext(model: model, threads: 1)
        let adapter = LoRAAdapter(
            configuration: LoRAConfiguration(rank: 4), model: model.configuration, seed: 3)
        let group = group(.odd, seed: 2)
        #expect(try context.logps(group, adapter: adapter) == context.logps(group, adapter: nil))
    }

    @Test func divergenceFollowsItsDefinition() throws {
        for tiny in Self.models {
            let model = try tiny.model()
            let context = ComputeContext(model: model, threads: 2)
            let policy = try LoRAAdapter.random(
                seed: 5, amplitude: 0.3, rank: 3, model: model.configuration)
            let group = group(tiny, seed: 3)
            var sum = 0.0
            var count = 0
            for response in group.responses {
                let rows = try [policy, nil].map { adapter in
                    let logits = try context.logits(group.prompt + response, adapter: adapter)
                    return response.indices.map { index in
                        let start = (group.prompt.count + index - 1) * tiny.vocabularySize
                        return NaiveTransformer.logSoftmax(
                            logits[start..<start + tiny.vocabularySize].map(Double.init))
                    }
                }
                for (p, q) in zip(rows[0], rows[1]) {
                    sum += zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
                    count += 1
                }
            }
            let found = try context.meanTokenKL(group, policy: policy, reference: nil)
            #expect(abs(found - sum / Double(count)) < 1e-5 && found > 1e-2)
            #expect(try context.meanTokenKL(group, policy: policy, reference: policy) == 0)
        }
    }

    @Test func theNumberOfThreadsChangesNoBit() throws {
        let model = try TinyModel.quantised.model()
        let adapter = try LoRAAdapter.random(
            seed: 5, amplitude: 0.3, model: model.configuration)
        let group = group(.quantised, seed: 4)
        let results = try [1, 2, 5].map { threads in
            let context = ComputeContext(model: model, threads: threads)
            var gradient = [Float](repeating: 0, count: adapter.layout.parameterCount)
            let logps = try context.forward(group, adapter: adapter)
            try context.backward(dLogps: [1, -1, 0.5, 2], accumulating: &gradient)
            let kl = try context.meanTokenKL(group, policy: adapter, reference: nil)
            return (logps, gradient, kl)
        }
        for result in results.dropFirst() { #expect(result == results[0]) }
    }
}
