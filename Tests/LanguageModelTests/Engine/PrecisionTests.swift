import Foundation
import LanguageModel
import Testing

/// What rounding activations to integers changes, and what it must not.
@Suite struct PrecisionTests {
    private func context(
        _ model: Transformer, _ precision: ActivationPrecision, threads: Int = 2
    ) -> ComputeContext {
        ComputeContext(
            model: model, threads: threads,
            precision: ComputePrecision(training: precision, sampling: precision))
    }

    private func group(_ model: Transformer, seed: UInt64, prompt: Int = 70) -> ResponseGroup {
        var generator = SeededGenerator(seed: seed)
        let size = model.configuration.vocabularySize
        return ResponseGroup(
            prompt: generator.tokens(prompt, below: size),
            responses: [9, 1, 0, 66].map { generator.tokens($0, below: size) })
    }

    private func scores(
        _ context: ComputeContext, _ group: ResponseGroup, _ adapter: LoRAAdapter
    ) throws -> (logps: [ResponseLogps], gradient: [Float]) {
        var gradient = [Float](repeating: 0, count: adapter.layout.parameterCount)
        let logps = try context.forward(group, adapter: adapter)
        try context.backward(dLogps: [1, -1, 0.5, 2], accumulating: &gradient)
        return (logps, gradient)
    }

    private func error(_ found: ArraySlice<Float>, _ expected: ArraySlice<Float>) -> Double {
        let difference = zip(found, expected).reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }
        return (difference / expected.reduce(0) { $0 + pow(Double($1), 2) }).squareRoot()
    }

    /// Matrices of several types with and without integer kernels, sizes that fill no block of 16.
    @Test func int16IsCloseToFloat32InEveryPart() throws {
        let model = try TinyModel.quantised.model()
        let adapter = try LoRAAdapter.random(
            seed: 5, amplitude: 0.3, model: model.configuration)
        let group = group(model, seed: 4)
        let exact = try scores(context(model, .float32), group, adapter)
        let rounded = try scores(context(model, .int16), group, adapter)
        #expect(exact.logps != rounded.logps, "the precision must matter for this to bind")
        for (a, b) in zip(exact.logps.flatMap(\.tokens), rounded.logps.flatMap(\.tokens)) {
            #expect(abs(a - b) < 2e-3)
        }
        for matrix in adapter.layout.matrices {
            for range in [matrix.aRange, matrix.bRange] {
                #expect(error(rounded.gradient[range], exact.gradient[range]) < 2e-3)
            }
        }
    }

    @Test(arguments: [ActivationPrecision.int16, .int8])
    func theNumberOfThreadsChangesNoBit(_ precision: ActivationPrecision) throws {
        let model = try TinyModel.quantised.model()
        let adapter = try LoRAAdapter.random(
            seed: 5, amplitude: 0.3, model: model.configuration)
        let group = group(model, seed: 4)
        let results = try [1, 2, 5].map {
            try scores(context(model, precision, threads: $0), group, adapter)
        }
        for result in results.dropFirst() { #expect(result == results[0]) }
    }

    @Test(arguments: [ActivationPrecision.int16, .int8])
    func aSampleDoesNotDependOnItsBatch(_ precision: ActivationPrecision) throws {
        let model = try TinyModel.quantised.model()
        let context = context(model, precision)
        let prompt = group(model, seed: 7, prompt: 20).prompt
        let parameters = SamplingParameters(maximumTokens: 30, seed: 3)
        let together = try context.generate(
            [GenerationRequest(prompt: prompt, sampleCount: 37)], parameters: parameters,
            adapter: nil)[0]
        for count in [1, 2, 5] {
            let few = try context.generate(
                [GenerationRequest(prompt: prompt, sampleCount: count)], parameters: parameters,
                adapter: nil)[0]
            #expect(few == Array(together[..<count]), "\(count) samples")
        }
    }

    @Test(arguments: ActivationPrecision.allCases)
    func decodingScoresAsScoringDoes(_ precision: ActivationPrecision) throws {
        let model = try TinyModel.quantised.model()
        let adapter = try LoRAAdapter.random(
            seed: 5, amplitude: 0.3, model: model.configuration)
        var group = group(model, seed: 4)
        group.responses.append([])
        let exact = try context(model, .float32).logps(group, adapter: adapter)
        let decoded = try context(model, precision).decodedLogps(group, adapter: adapter)
        let bound: Float = precision == .float32 ? 1e-4 : precision == .int16 ? 2e-3 : 0.2
        for (a, b) in zip(exact, decoded) {
            #expect(a.tokens.count == b.tokens.count)
            for (x, y) in zip(a.tokens, b.tokens) { #expect(abs(x - y) < bound) }
        }
    }

    struct Greedy: Decodable {
        struct Case: Decodable {
            var prompt: [TokenID]
            var tokens: [TokenID]
        }
        var cases: [Case]
    }

    /// On the real model's own answers: what issue and documentation promise of each precision.
    @Test func theRealModelKeepsItsLogProbabilities() throws {
        let golden = try Fixture.decode(Greedy.self, from: "greedy.json")
        let model = try Transformer(file: SmolLM2.file())
        let exact = context(model, .float32)
        let fine = context(model, .int16)
        let coarse = context(model, .int8)
        var sums = [0.0, 0.0, 0.0]
        var tokens = 0
        for item in golden.cases.prefix(8) {
            let group = ResponseGroup(prompt: item.prompt, responses: [item.tokens])
            let found = try [exact, fine, coarse].map { try $0.logps(group, adapter: nil)[0] }
            for index in found.indices { sums[index] += found[index].sum }
            tokens += item.tokens.count
            for (a, b) in zip(found[0].tokens, found[1].tokens) { #expect(abs(a - b) < 5e-3) }
        }
        let perplexities = sums.map { exp(-$0 / Double(tokens)) }
        #expect(abs(perplexities[1] / perplexities[0] - 1) < 1e-4)
        #expect(abs(perplexities[2] / perplexities[0] - 1) < 0.02)
    }
}
