import LanguageModel
import Testing

@Suite struct EngineErrorTests {
    private func context() throws -> ComputeContext {
        ComputeContext(model: try TinyModel.odd.model(), threads: 1)
    }

    @Test func unusableTokensAreRefused() throws {
        let context = try context()
        #expect(throws: EngineError.emptyPrompt) {
            try context.logps(ResponseGroup(prompt: [], responses: [[1]]), adapter: nil)
        }
        for token: TokenID in [-1, 37, .max] {
            #expect(throws: EngineError.tokenOutOfRange(token: token, vocabularySize: 37)) {
                try context.logps(
                    ResponseGroup(prompt: [1], responses: [[2, token]]), adapter: nil)
            }
            #expect(throws: EngineError.tokenOutOfRange(token: token, vocabularySize: 37)) {
                try context.generate(
                    [GenerationRequest(prompt: [token])], parameters: .greedy(maximumTokens: 1),
                    adapter: nil)
            }
        }
        #expect(throws: EngineError.contextExceeded(tokens: 201, limit: 200)) {
            try context.logits([TokenID](repeating: 1, count: 201), adapter: nil)
        }
        #expect(try context.logits([TokenID](repeating: 1, count: 200), adapter: nil).count == 7400)
    }

    @Test func adaptersThatDoNotFitAreRefused() throws {
        let model = try TinyModel.odd.model()
        let configuration = LoRAConfiguration(rank: 2)
        let count = LoRALayout(configuration: configuration, model: model.configuration)
            .parameterCount
        #expect(throws: EngineError.parameterCount(found: 3, expected: count)) {
            try LoRAAdapter(
                configuration: configuration, model: model.configuration, parameters: [1, 2, 3])
        }
        var parameters = [Float](repeating: 0, count: count)
        parameters[7] = .nan
        #expect(throws: EngineError.parameterNotFinite(index: 7)) {
            try LoRAAdapter(
                configuration: configuration, model: model.configuration, parameters: parameters)
        }
        let other = LoRAAdapter(
            configuration: configuration, model: try TinyModel.quantised.model().configuration,
            seed: 1)
        #expect(throws: EngineError.adapterMisfit(matrix: "blk.0.attn_q")) {
            try context().logits([1], adapter: other)
        }
    }

    @Test func modelsWhoseTensorsDoNotMatchAreRefused() throws {
        var incomplete = TinyModel.odd
        incomplete.omitted = "blk.1.ffn_up.weight"
        #expect(throws: EngineError.tensorMissing(name: "blk.1.ffn_up.weight")) {
            try incomplete.model()
        }
        var narrow = TinyModel.odd
        narrow.statedFeedForwardWidth = 16
        #expect(
            throws: EngineError.tensorShape(
                name: "blk.0.ffn_gate.weight", found: [24, 20], expected: [24, 16])
        ) { try narrow.model() }
    }

    @Test func cancellationIsAskedForEveryLayerAndLeavesTheContextUsable() throws {
        let context = try context()
        let adapter = try LoRAAdapter.random(
            seed: 1, amplitude: 0.1, model: context.model.configuration)
        let group = ResponseGroup(prompt: [1, 2, 3], responses: [[4, 5], [6]])
        let expected = try context.forward(group, adapter: adapter)
        var gradient = [Float](repeating: 0, count: adapter.layout.parameterCount)
        let calls: [(name: String, polls: Int, call: () throws -> Void)] = [
            ("logps", 3, { _ = try context.logps(group, adapter: adapter) }),
            ("forward", 3, { _ = try context.forward(group, adapter: adapter) }),
            ("logits", 2, { _ = try context.logits([1, 2], adapter: nil) }),
            (
                "divergence", 5,
                { _ = try context.meanTokenKL(group, policy: adapter, reference: nil) }
            ),
            (
                "generate", 6,
                {
                    _ = try context.generate(
                        [GenerationRequest(prompt: [1], sampleCount: 2)],
                        parameters: SamplingParameters(maximumTokens: 3, seed: 5),
                        adapter: adapter)
                }
            ),
        ]
        for (name, polls, call) in calls {
            for limit in 0..<polls {
                var asked = 0
                context.isCancelled = {
                    asked += 1
                    return asked > limit
                }
                #expect(throws: CancellationError.self, "\(name) at \(limit)") { try call() }
                #expect(asked == limit + 1)
            }
            context.isCancelled = { false }
            #expect(try context.forward(group, adapter: adapter) == expected)
        }
        context.isCancelled = { true }
        #expect(throws: CancellationError.self) {
            try context.backward(dLogps: [1, 1], accumulating: &gradient)
        }
        context.isCancelled = { false }
        context.releaseBuffers()
        #expect(try context.forward(group, adapter: adapter) == expected)
    }
}
