import Foundation
import LanguageModel
import Testing

@Suite struct GenerationTests {
    private static let models = [TinyModel.odd, TinyModel.quantised]

    private func context(_ tiny: TinyModel, threads: Int = 2) throws -> ComputeContext {
        ComputeContext(model: try tiny.model(), threads: threads)
    }

    private func adapter(_ context: ComputeContext) throws -> LoRAAdapter {
        try .random(seed: 5, amplitude: 0.3, rank: 3, model: context.model.configuration)
    }

    private func prompt(_ count: Int, _ tiny: TinyModel, seed: UInt64 = 1) -> [TokenID] {
        var generator = SeededGenerator(seed: seed)
        return generator.tokens(count, below: tiny.vocabularySize)
    }

    /// Decoding from the cache, over several pages of it, is what the whole sequence predicts.
    @Test(arguments: models) func greedyTokensAreTheMostLikelyOnes(_ tiny: TinyModel) throws {
        let context = try context(tiny)
        let adapter = try adapter(context)
        var longest = 0
        for count in [1, 20, 90] {
            let prompt = prompt(count, tiny)
            let found = try context.generate(
                [GenerationRequest(prompt: prompt)], parameters: .greedy(maximumTokens: 80),
                adapter: adapter)[0][0]
            var tokens = found.tokens
            if found.finishReason == .endOfTurn { tokens.append(context.model.tokenizer.endOfTurn) }
            let logits = try context.logits(prompt + tokens, adapter: adapter)
            for (index, token) in tokens.enumerated() {
                let start = (count + index - 1) * tiny.vocabularySize
                let row = logits[start..<start + tiny.vocabularySize]
                #expect(row[start + Int(token)] > row.max()! - 1e-4)
            }
            longest = max(longest, tokens.count)
        }
        #expect(longest > 2 * 32, "several pages of the cache")
    }

    @Test(arguments: models) func aSampleDoesNotDependOnItsBatch(_ tiny: TinyModel) throws {
        let context = try context(tiny)
        let adapter = try adapter(context)
        let parameters = SamplingParameters(maximumTokens: 40, seed: 7)
        let requests = [
            GenerationRequest(prompt: prompt(9, tiny), sampleCount: 3),
            GenerationRequest(prompt: prompt(30, tiny, seed: 2), sampleCount: 40),
            GenerationRequest(prompt: prompt(1, tiny, seed: 3), sampleCount: 1),
        ]
        let together = try context.generate(requests, parameters: parameters, adapter: adapter)
        #expect(together.map(\.count) == [3, 40, 1])
        #expect(Set(together[1]).count > 30, "samples of a prompt differ")
        for number in requests.indices {
            var alone = requests
            for other in alone.indices where other != number { alone[other].sampleCount = 0 }
            let samples = number == 1 ? [1, 2, 17, 40] : [requests[number].sampleCount]
            for count in samples {
                alone[number].sampleCount = count
                let found = try context.generate(alone, parameters: parameters, adapter: adapter)
                #expect(found[number] == Array(together[number].prefix(count)))
            }
        }
        let threaded = try self.context(tiny, threads: 5)
            .generate(requests, parameters: parameters, adapter: adapter)
        #expect(threaded == together)
    }

    @Test func tokensAreReportedInOrder() throws {
        let context = try context(.odd)
        let requests = [
            GenerationRequest(prompt: [1, 2], sampleCount: 2), GenerationRequest(prompt: [3]),
        ]
        var reported: [[[TokenID]]] = [[[], []], [[]]]
        let found = try context.generate(
            requests, parameters: SamplingParameters(maximumTokens: 12, seed: 3), adapter: nil
        ) { reported[$0][$1].append($2) }
        #expect(found.map { $0.map(\.tokens) } == reported)
    }

    @Test func samplesEndWithTheTurnOrAtALimit() throws {
        let context = try context(.odd)
        let end = context.model.tokenizer.endOfTurn
        let found = try context.generate(
            [GenerationRequest(prompt: [1, 2, 3], sampleCount: 300)],
            parameters: SamplingParameters(maximumTokens: 30, seed: 1), adapter: nil)[0]
        let ended = found.filter { $0.finishReason == .endOfTurn }
        #expect(ended.count > 50 && ended.count < 300)
        #expect(found.allSatisfy { !$0.tokens.contains(end) })
        #expect(found.allSatisfy { ($0.tokens.count < 30) == ($0.finishReason == .endOfTurn) })
        let none = try context.generate(
            [GenerationRequest(prompt: [1])], parameters: .greedy(maximumTokens: 0), adapter: nil)
        #expect(none == [[Completion(tokens: [], finishReason: .length)]])
        let full = try context.generate(
            [GenerationRequest(prompt: [TokenID](repeating: 1, count: 197), sampleCount: 50)],
            parameters: SamplingParameters(maximumTokens: 30, seed: 1), adapter: nil)[0]
        #expect(
            full.map(\.tokens.count).max() == 4, "three more fit the context, one is only drawn")
    }

    /// The share of every token among 6,000 one-token samples, against the filtered distribution.
    @Test(arguments: [
        SamplingParameters(), SamplingParameters(temperature: 0.5),
        SamplingParameters(temperature: 2, topK: 5), SamplingParameters(topP: 0.6),
        SamplingParameters(minP: 0.3), SamplingParameters(topK: 12, topP: 0.7, minP: 0.2),
        SamplingParameters(topK: 1000, topP: 0.9), SamplingParameters(topK: 37, topP: 0.5),
    ]) func drawsFollowTheDistribution(_ base: SamplingParameters) throws {
        var parameters = base
        parameters.maximumTokens = 1
        parameters.seed = 11
        let context = try context(.odd)
        let count = 6000
        let samples = try context.generate(
            [GenerationRequest(prompt: [4, 5], sampleCount: count)], parameters: parameters,
            adapter: nil)[0]
        let size = context.model.configuration.vocabularySize
        var counts = [Double](repeating: 0, count: size)
        for sample in samples { counts[Int(sample.tokens.first ?? TokenID(size - 1))] += 1 }
        let logits = try context.logits([4, 5], adapter: nil).suffix(size).map(Double.init)
        let expected = distribution(logits, parameters)
        for (token, share) in expected.enumerated() {
            let deviation = (share * (1 - share) * Double(count)).squareRoot()
            #expect(
                abs(counts[token] - share * Double(count)) <= 4.5 * deviation,
                "token \(token): \(counts[token]) against \(share * Double(count))")
        }
    }

    /// Weights are summed up in blocks: every block is drawn from, and from all over it.
    @Test func drawsReachEveryPartOfALargeVocabulary() throws {
        let context = try context(.large)
        let (count, bin) = (6000, 100)
        let size = TinyModel.large.vocabularySize
        let samples = try context.generate(
            [GenerationRequest(prompt: [4, 5], sampleCount: count)],
            parameters: SamplingParameters(maximumTokens: 1, seed: 3), adapter: nil)[0]
        let logits = try context.logits([4, 5], adapter: nil).suffix(size).map(Double.init)
        var expected = [Double](repeating: 0, count: size / bin)
        for (token, share) in distribution(logits, SamplingParameters()).enumerated() {
            expected[token / bin] += share
        }
        var counts = [Double](repeating: 0, count: size / bin)
        for sample in samples { counts[Int(sample.tokens.first ?? TokenID(size - 1)) / bin] += 1 }
        for (place, share) in expected.enumerated() {
            let deviation = (share * (1 - share) * Double(count)).squareRoot()
            #expect(abs(counts[place] - share * Double(count)) <= 4.5 * deviation, "bin \(place)")
        }
    }

    /// What the parameters promise, written down plainly.
    private func distribution(_ logits: [Double], _ parameters: SamplingParameters) -> [Double] {
        let weights = logits.map { exp($0 / Double(parameters.temperature)) }
        var order = weights.indices.sorted { weights[$0] > weights[$1] }
        if parameters.topK > 0 { order = Array(order.prefix(parameters.topK)) }
        var left = Double(parameters.topP) * order.reduce(0) { $0 + weights[$1] }
        if parameters.topP < 1 {
            order = Array(
                order.prefix { token in
                    defer { left -= weights[token] }
                    return left > 0
                })
        }
        order = order.filter { weights[$0] >= Double(parameters.minP) * weights[order[0]] }
        let total = order.reduce(0) { $0 + weights[$1] }
        return weights.indices.map { order.contains($0) ? weights[$0] / total : 0 }
    }

    /// 1/T and logit/T leave the range of float there.
    @Test(arguments: [2e-38, .leastNonzeroMagnitude] as [Float], [TinyModel.odd, .large])
    func theSmallestTemperaturesAreGreedy(_ temperature: Float, _ tiny: TinyModel) throws {
        let context = try context(tiny)
        let requests = [GenerationRequest(prompt: [4, 5])]
        let greedy = try context.generate(
            requests, parameters: .greedy(maximumTokens: 8), adapter: nil)
        for base in [
            SamplingParameters(), SamplingParameters(topP: 0.9), SamplingParameters(minP: 0.1),
            SamplingParameters(topK: 5, topP: 0.9, minP: 1), SamplingParameters(topP: 0.9, minP: 1),
        ] {
            var parameters = base
            parameters.temperature = temperature
            parameters.maximumTokens = 8
            let found = try context.generate(requests, parameters: parameters, adapter: nil)
            #expect(found[0][0].tokens == greedy[0][0].tokens, "\(parameters)")
        }
    }

    /// A peer's adapter may hold any finite weights.
    @Test(arguments: [
        SamplingParameters.greedy(maximumTokens: 4), SamplingParameters(maximumTokens: 4),
        SamplingParameters(topP: 0.9, maximumTokens: 4),
        SamplingParameters(topK: 3, minP: 0.1, maximumTokens: 4),
    ]) func logitsThatAreNoNumbersAreRefused(_ parameters: SamplingParameters) throws {
        let context = try context(.odd)
        let adapter = try LoRAAdapter.random(
            seed: 5, amplitude: 1e30, rank: 3, model: context.model.configuration)
        #expect(throws: EngineError.logitsNotFinite) {
            try context.generate(
                [GenerationRequest(prompt: [4, 5])], parameters: parameters, adapter: adapter)
        }
    }

    @Test func parametersOutsideTheirRangeAreRefused() throws {
        let context = try context(.odd)
        let wrong: [(String, SamplingParameters)] = [
            ("temperature", SamplingParameters(temperature: -1)),
            ("temperature", SamplingParameters(temperature: .nan)),
            ("topK", SamplingParameters(topK: -1)), ("topP", SamplingParameters(topP: 0)),
            ("topP", SamplingParameters(topP: 1.5)), ("minP", SamplingParameters(minP: 2)),
            ("maximumTokens", SamplingParameters(maximumTokens: -1)),
        ]
        for (name, parameters) in wrong {
            let error = #expect(throws: EngineError.self) {
                try context.generate([], parameters: parameters, adapter: nil)
            }
            #expect("\(error!)".hasPrefix("cannot sample with \(name) "))
        }
    }
}
