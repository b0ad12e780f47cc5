import Foundation
import LanguageModel

/// What a precision changes against float32, on real text.
struct Cost {
    /// The largest and the mean distance of a response token's log-probability, in nats.
    var worstToken = 0.0
    var meanToken = 0.0
    /// The largest distance of a whole response's log-probability, in nats.
    var worstResponse = 0.0
    /// Perplexity over all response tokens, less float32's, relative to it.
    var perplexity = 0.0
    /// Relative L2 distance of an adapter factor's gradient of the mean margin: largest, median.
    var worstGradient = 0.0
    var medianGradient = 0.0

    /// A row of the pairs' file; other keys are ignored.
    private struct Row: Decodable {
        var prompt, chosen, rejected: String
    }

    /// Reads the first `limit` pairs of a JSON Lines file whose fields are plain text.
    static func pairs(_ path: String, limit: Int, _ model: Transformer) throws -> [ResponseGroup] {
        let template = model.chatTemplate
        return try String(contentsOfFile: path, encoding: .utf8)
            .split(separator: "\n").prefix(limit).compactMap { line in
                guard let row = try? JSONDecoder().decode(Row.self, from: Data(line.utf8)) else {
                    return nil
                }
                return ResponseGroup(
                    prompt: template.promptTokens([ChatMessage(role: "user", content: row.prompt)]),
                    responses: [
                        template.responseTokens(row.chosen), template.responseTokens(row.rejected),
                    ])
            }
    }

    /// Measures a precision on some pairs; gradients on the first few, forward and backward.
    init(
        _ precision: ActivationPrecision, pairs: [ResponseGroup], model: Transformer, threads: Int,
        gradientPairs: Int
    ) throws {
        let exact = ComputeContext(model: model, threads: threads)
        let rounded = ComputeContext(
            model: model, threads: threads,
            precision: ComputePrecision(training: precision, sampling: precision))
        var tokens = 0
        var exactSum = 0.0
        var roundedSum = 0.0
        for group in pairs {
            let expected = try exact.logps(group, adapter: nil)
            // 8 bits are for sampling, whose cache is rounded as well.
            let found =
                precision == .int8
                ? try rounded.decodedLogps(group, adapter: nil)
                : try rounded.logps(group, adapter: nil)
            for (a, b) in zip(expected, found) {
                worstResponse = max(worstResponse, abs(a.sum - b.sum))
                for (x, y) in zip(a.tokens, b.tokens) {
                    worstToken = max(worstToken, Double(abs(x - y)))
                    meanToken += Double(abs(x - y))
                }
                tokens += a.tokens.count
                exactSum += a.sum
                roundedSum += b.sum
            }
        }
        meanToken /= Double(max(tokens, 1))
        perplexity = exp((exactSum - roundedSum) / Double(max(tokens, 1))) - 1
        if gradientPairs > 0 { try measureGradients(exact, rounded, pairs.prefix(gradientPairs)) }
    }

    private mutating func measureGradients(
        _ exact: ComputeContext, _ rounded: ComputeContext, _ pairs: ArraySlice<ResponseGroup>
    ) throws {
        let model = exact.model.configuration
        let configuration = LoRAConfiguration(rank: 8, alpha: 16)
        let fresh = LoRAAdapter(configuration: configuration, model: model, seed: 5)
        var parameters = fresh.parameters
        var generator = SeededGenerator(seed: 6)
        for index in fresh.layout.matrices.flatMap(\.bRange) {
            parameters[index] = Float(generator.uniform() * 2 - 1) * 0.02
        }
        let adapter = try LoRAAdapter(
            configuration: configuration, model: model, parameters: parameters)
        func gradient(_ context: ComputeContext) throws -> [Float] {
            var gradient = [Float](repeating: 0, count: adapter.parameters.count)
            for group in pairs {
                _ = try context.forward(group, adapter: adapter)
                try context.backward(dLogps: [0.5, -0.5], accumulating: &gradient)
            }
            return gradient
        }
        let a = try gradient(exact)
        let b = try gradient(rounded)
        let errors = adapter.layout.matrices.flatMap { [$0.aRange, $0.bRange] }.map { range in
            let difference = range.reduce(0.0) { $0 + pow(Double(a[$1] - b[$1]), 2) }
            return (difference / range.reduce(0.0) { $0 + pow(Double(a[$1]), 2) }).squareRoot()
        }.sorted()
        worstGradient = errors.last ?? 0
        medianGradient = errors.isEmpty ? 0 : errors[errors.count / 2]
    }
}
