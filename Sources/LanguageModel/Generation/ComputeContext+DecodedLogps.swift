internal import CKernels
internal import Foundation

extension ComputeContext {
    /// Scores responses as sampling computes them, a position of each at a time: what its precision
    /// changes is measured by this.
    ///
    /// - Throws: `EngineError` for a group that cannot be computed, `CancellationError`.
    public func decodedLogps(
        _ group: ResponseGroup, adapter: LoRAAdapter?
    ) throws -> [ResponseLogps] {
        begin(\.sampling)
        _ = try PackedSequence(group, model: model.configuration)
        return try adapter.withView(model: model.configuration) { view in
            let count = group.responses.count
            if count == 0 { return [] }
            let step = DecodingStep(
                self,
                adapter: view.map {
                    DecodingAdapter($0, model: model.configuration, capacity: count)
                }, capacity: count)
            let (page, first) = try read(group.prompt, view, step)
            let streams = (0..<count).map {
                SampleStream(request: 0, sample: $0, prompt: page, seed: 0)
            }
            var logps = [ResponseLogps](repeating: ResponseLogps(sum: 0, tokens: []), count: count)
            var growing = group.responses.indices.filter { !group.responses[$0].isEmpty }
            var logits = growing.map { _ in first }
            while !growing.isEmpty {
                for (row, number) in zip(logits, growing) {
                    let token = group.responses[number][logps[number].tokens.count]
                    let logp = logp(of: token, row)
                    logps[number].tokens.append(logp)
                    logps[number].sum += Double(logp)
                    _ = streams[number].take(token, endsTurn: false, maximumTokens: .max)
                }
                growing.removeAll { logps[$0].tokens.count == group.responses[$0].count }
                if growing.isEmpty { break }
                try step.run(growing.map { streams[$0] }[...])
                logits = step.rows(growing.count)
            }
            return logps
        }
    }

    private func logp(of token: TokenID, _ logits: [Float]) -> Float {
        var weights = logits
        let most = kernels.maximum(logits, logits.count)
        let sum = kernels.exp_sum(&weights, weights.count, most)
        return logits[Int(token)] - most - log(sum)
    }
}
