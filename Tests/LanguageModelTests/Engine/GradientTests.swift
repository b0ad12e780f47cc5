import LanguageModel
import Testing

@Suite struct GradientTests {
    private static let dLogps: [Float] = [0.7, -1.3, 0.4]

    private func group(_ tiny: TinyModel) -> ResponseGroup {
        var generator = SeededGenerator(seed: 8)
        return ResponseGroup(
            prompt: generator.tokens(5, below: tiny.vocabularySize),
            responses: [4, 3, 6].map { generator.tokens($0, below: tiny.vocabularySize) })
    }

    private func gradient(
        _ model: Transformer, _ adapter: LoRAAdapter, _ group: ResponseGroup,
        dLogps: [Float] = dLogps
    ) throws -> [Float] {
        let context = ComputeContext(model: model, threads: 2)
        var gradient = [Float](repeating: 0, count: adapter.layout.parameterCount)
        _ = try context.forward(group, adapter: adapter)
        try context.backward(dLogps: dLogps, accumulating: &gradient)
        return gradient
    }

    /// Twelve entries of each factor of each matrix, by central differences in double precision.
    @Test(arguments: [TinyModel.odd, TinyModel.quantised])
    func backwardMatchesFiniteDifferences(_ tiny: TinyModel) throws {
        let model = try tiny.model()
        let naive = try NaiveTransformer(GGUFFile(bytes: tiny.image().bytes))
        let adapter = try LoRAAdapter.random(
            seed: 21, amplitude: 0.3, rank: 3, model: model.configuration)
        let group = group(tiny)
        let found = try gradient(model, adapter, group)
        let start = adapter.parameters.map(Double.init)
        func objective(_ parameters: [Double]) -> Double {
            zip(group.responses, Self.dLogps).reduce(0) { sum, item in
                sum
                    + Double(item.1)
                    * naive.logps(
                        prompt: group.prompt, response: item.0, layout: adapter.layout,
                        parameters: parameters, scale: Double(adapter.configuration.scale)
                    ).reduce(0, +)
            }
        }
        var generator = SeededGenerator(seed: 9)
        for matrix in adapter.layout.matrices {
            for range in [matrix.aRange, matrix.bRange] {
                var error = 0.0
                var size = 0.0
                for _ in 0..<12 {
                    let index = range.lowerBound + generator.below(range.count)
                    let step = 1e-4
                    var parameters = start
                    parameters[index] = start[index] + step
                    let above = objective(parameters)
                    parameters[index] = start[index] - step
                    let slope = (above - objective(parameters)) / (2 * step)
                    error += (Double(found[index]) - slope) * (Double(found[index]) - slope)
                    size += slope * slope
                }
                #expect(size > 0)
                #expect(
                    error.squareRoot() < 5e-5 * size.squareRoot() + 1e-7,
                    "\(matrix.name) \(range == matrix.aRange ? "A" : "B")")
            }
        }
    }

    @Test func gradientsAccumulate() throws {
        let model = try TinyModel.odd.model()
        let adapter = try LoRAAdapter.random(
            seed: 21, amplitude: 0.3, rank: 3, model: model.configuration)
        let group = group(.odd)
        let context = ComputeContext(model: model, threads: 1)
        var twice = [Float](repeating: 0, count: adapter.layout.parameterCount)
        for _ in 0..<2 {
            _ = try context.forward(group, adapter: adapter)
            try context.backward(dLogps: Self.dLogps, accumulating: &twice)
        }
        let once = try gradient(model, adapter, group)
        for (double, single) in zip(twice, once) {
            #expect(abs(double - 2 * single) <= 1e-5 * max(1, abs(double)))
        }
    }

    @Test func aResponseWithoutWeightLeavesNoTrace() throws {
        let model = try TinyModel.odd.model()
        let adapter = try LoRAAdapter.random(
            seed: 21, amplitude: 0.3, rank: 3, model: model.configuration)
        var alone = group(.odd)
        let whole = try gradient(model, adapter, alone, dLogps: [1, 0, 0])
        alone.responses.removeLast(2)
        let single = try gradient(model, adapter, alone, dLogps: [1])
        for (a, b) in zip(whole, single) { #expect(abs(a - b) <= 1e-5 * max(1, abs(a))) }
    }

    /// A factor that no target module has gets no slot; the others get the same gradient as before.
    @Test func targetModulesAreIndependent() throws {
        let model = try TinyModel.odd.model()
        let full = try LoRAAdapter.random(
            seed: 21, amplitude: 0, rank: 3, model: model.configuration)
        let all = try gradient(model, full, group(.odd))
        for module in TargetModule.allCases {
            var configuration = full.configuration
            configuration.targetModules = [module]
            let matrices = full.layout.matrices.filter { $0.module == module }
            let adapter = try LoRAAdapter(
                configuration: configuration, model: model.configuration,
                parameters: matrices.flatMap {
                    full.parameters[$0.aRange] + full.parameters[$0.bRange]
                })
            let some = try gradient(model, adapter, group(.odd))
            let expected = matrices.flatMap { all[$0.aRange] + all[$0.bRange] }
            #expect(some.count == expected.count && some.contains { $0 != 0 })
            for (a, b) in zip(some, expected) { #expect(abs(a - b) <= 1e-5 * max(1, abs(a))) }
        }
    }
}
