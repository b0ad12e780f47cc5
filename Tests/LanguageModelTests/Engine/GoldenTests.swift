import Foundation
import LanguageModel
import Testing

/// The engine on the real model against transformers and PEFT in float32.
@Suite(.serialized) struct GoldenTests {
    private func context() throws -> ComputeContext {
        ComputeContext(model: try Transformer(file: SmolLM2.file()), threads: 2)
    }

    struct LogitsGolden: Decodable {
        struct Made: Decodable {
            var adapterSeed: UInt64
            var bAmplitude: Float
        }
        struct Result: Decodable {
            struct Row: Decodable {
                var row: Int
                var ids: [Int]
                var values: [Float]
            }
            var argmax: [Int]
            var lead: [Float]
            var logSums: [Double]
            var detail: [Row]
        }
        struct Case: Decodable {
            var name: String
            var tokens: [TokenID]
            var base: Result
            var adapted: Result
        }
        var made: Made
        var cases: [Case]
    }

    @Test func logitsEqualTransformers() throws {
        let golden = try Fixture.decode(LogitsGolden.self, from: "logits.json")
        let context = try context()
        let adapter = try LoRAAdapter.random(
            seed: golden.made.adapterSeed, amplitude: golden.made.bAmplitude,
            model: context.model.configuration)
        let size = context.model.configuration.vocabularySize
        for item in golden.cases {
            for (expected, adapter) in [(item.base, nil), (item.adapted, adapter)] {
                let logits = try context.logits(item.tokens, adapter: adapter)
                for position in item.tokens.indices {
                    let row = logits[position * size..<(position + 1) * size]
                    let most = row.max()!
                    #expect(row[row.startIndex + expected.argmax[position]] == most)
                    let sum = row.reduce(0) { $0 + exp(Double($1 - most)) }
                    #expect(abs(Double(most) + log(sum) - expected.logSums[position]) < 5e-4)
                }
                for row in expected.detail {
                    for (id, value) in zip(row.ids, row.values) {
                        #expect(abs(logits[row.row * size + id] - value) < 5e-4, "\(item.name)")
                    }
                }
            }
        }
    }

    struct GradientGolden: Decodable {
        struct Made: Decodable {
            var adapterSeed: UInt64
            var bAmplitude: Float
            var signSeed: UInt64
        }
        struct Pair: Decodable {
            var prompt: [TokenID]
            var chosen: [TokenID]
            var rejected: [TokenID]
            var referenceChosen: Double
            var referenceRejected: Double
        }
        struct Loss: Decodable {
            var loss: Double
            var chosen: Double
            var rejected: Double
        }
        struct Factor: Decodable {
            var name: String
            var norm: Double
            var projections: [Double]
        }
        var made: Made
        var beta: Double
        var pairs: [Pair]
        var losses: [Loss]
        var factors: [Factor]
    }

    /// The mean square of the differences of sums with random signs estimates the squared error over
    /// all entries of a factor; the bound is the promised 1e-4.
    @Test func adapterGradientsEqualPyTorch() throws {
        let golden = try Fixture.decode(GradientGolden.self, from: "gradients.json")
        let context = try context()
        let adapter = try LoRAAdapter.random(
            seed: golden.made.adapterSeed, amplitude: golden.made.bAmplitude,
            model: context.model.configuration)
        var gradient = [Float](repeating: 0, count: adapter.layout.parameterCount)
        for (pair, expected) in zip(golden.pairs, golden.losses) {
            let logps = try context.forward(
                ResponseGroup(prompt: pair.prompt, responses: [pair.chosen, pair.rejected]),
                adapter: adapter
            ).map(\.sum)
            #expect(abs(logps[0] - expected.chosen) < 1e-3)
            #expect(abs(logps[1] - expected.rejected) < 1e-3)
            let delta = logps[0] - pair.referenceChosen - logps[1] + pair.referenceRejected
            #expect(abs(log1p(exp(-golden.beta * delta)) - expected.loss) < 1e-4)
            let slope = -golden.beta / (1 + exp(golden.beta * delta)) / Double(golden.pairs.count)
            try context.backward(
                dLogps: [Float(slope), Float(-slope)], accumulating: &gradient)
        }
        let ranges = adapter.layout.matrices.flatMap {
            [($0.name + ".A", $0.aRange), ($0.name + ".B", $0.bRange)]
        }
        #expect(ranges.map(\.0) == golden.factors.map(\.name))
        #expect(golden.factors.count == 420)
        for ((name, range), factor) in zip(ranges, golden.factors) {
            let found = projections(
                gradient[range], seed: golden.made.signSeed, count: factor.projections.count)
            let error = zip(found, factor.projections).reduce(0) {
                $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
            }
            let estimate = (error / Double(found.count)).squareRoot() / factor.norm
            #expect(estimate < 1e-4, "\(name)")
            let norm = gradient[range].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            #expect(abs(norm / factor.norm - 1) < 1e-4, "\(name)")
        }
    }

    /// Sums of all entries with the signs that `reference_model.projections` gives them.
    private func projections(_ values: ArraySlice<Float>, seed: UInt64, count: Int) -> [Double] {
        var generator = SeededGenerator(seed: seed)
        var sums = [Double](repeating: 0, count: count)
        for value in values {
            let bits = generator.next()
            for index in 0..<count {
                sums[index] += bits >> UInt64(index) & 1 == 0 ? Double(value) : -Double(value)
            }
        }
        return sums
    }

    struct GreedyGolden: Decodable {
        struct Case: Decodable {
            var prompt: [TokenID]
            var tokens: [TokenID]
        }
        var cases: [Case]
    }

    @Test func greedyTokensEqualTransformers() throws {
        let cases = try Fixture.decode(GreedyGolden.self, from: "greedy.json").cases
        #expect(cases.count == 20 && cases.allSatisfy { $0.tokens.count == 48 })
        let found = try context().generate(
            cases.map { GenerationRequest(prompt: $0.prompt) },
            parameters: .greedy(maximumTokens: 48), adapter: nil)
        for (completions, item) in zip(found, cases) {
            #expect(completions.map(\.tokens) == [item.tokens])
        }
    }
}
