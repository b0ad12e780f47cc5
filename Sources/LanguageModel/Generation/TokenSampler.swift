internal import CKernels

/// Draws a token from logits.
struct TokenSampler {
    private let parameters: SamplingParameters
    private let kernels: attune_kernels

    init(_ parameters: SamplingParameters, kernels: attune_kernels) {
        self.parameters = parameters
        self.kernels = kernels
    }

    /// - Parameters:
    ///   - logits: overwritten.
    ///   - uniform: a number in [0, 1) that decides the draw; greedy choice does not need it.
    /// - Returns: nil when the logits are not numbers, as an adapter's wild weights can make them.
    /// - Edge cases: of equally likely tokens the one with the lower number comes first.
    func token(from logits: UnsafeMutableBufferPointer<Float>, uniform: Double) -> TokenID? {
        let base = logits.baseAddress!
        let most = kernels.maximum(base, logits.count)
        guard most.isFinite, !logits.contains(where: \.isNaN),
            let likeliest = logits.firstIndex(of: most)
        else { return nil }
        if parameters.temperature == 0 { return TokenID(likeliest) }
        // Relative to the most likely token, which gets 1 at every temperature: its logit is made 0
        // before a scale that may be near the end of the range of numbers.
        for index in logits.indices { logits[index] -= most }
        kernels.shifted_exp(
            base, logits.count, min(1 / parameters.temperature, .greatestFiniteMagnitude), 0)
        guard let candidates = candidates(UnsafeBufferPointer(logits)) else {
            return TokenID(draw(uniform, count: logits.count) { logits[$0] })
        }
        if candidates.isEmpty { return TokenID(likeliest) }
        return TokenID(
            candidates[draw(uniform, count: candidates.count) { logits[candidates[$0]] }])
    }

    /// Walks along the weights until they sum up to the drawn share of all.
    private func draw(_ uniform: Double, count: Int, _ weight: (Int) -> Float) -> Int {
        var total = 0.0
        for index in 0..<count { total += Double(weight(index)) }
        var left = uniform * total
        var last = 0
        for index in 0..<count where weight(index) > 0 {
            left -= Double(weight(index))
            if left < 0 { return index }
            last = index
        }
        return last
    }

    /// The tokens that pass the filters; nil when no filter is on.
    private func candidates(_ weights: UnsafeBufferPointer<Float>) -> [Int]? {
        var result: [Int]
        if parameters.topK > 0 && parameters.topK < weights.count {
            result = mostLikely(parameters.topK, weights)
        } else if parameters.topP < 1 {
            // All tokens below the bound together weigh less than the share that top-p drops.
            let total = weights.reduce(0) { $0 + Double($1) }
            let bound = Float((1 - Double(parameters.topP)) * total / Double(weights.count))
            result = sorted(weights.indices.filter { weights[$0] >= bound }, weights)
        } else if parameters.minP > 0 {
            return weights.indices.filter { weights[$0] >= parameters.minP }
        } else {
            return nil
        }
        if parameters.topP < 1 { result.removeLast(result.count - nucleus(result, weights)) }
        if parameters.minP > 0, let first = result.first {
            let bound = parameters.minP * weights[first]
            result.removeAll { weights[$0] < bound }
        }
        return result
    }

    /// How many of the candidates reach top-p; the one that crosses it counts.
    private func nucleus(_ candidates: [Int], _ weights: UnsafeBufferPointer<Float>) -> Int {
        let total =
            parameters.topK > 0
            ? candidates.reduce(0) { $0 + Double(weights[$1]) }
            : weights.reduce(0) { $0 + Double($1) }
        var sum = 0.0
        for (number, candidate) in candidates.enumerated() {
            sum += Double(weights[candidate])
            if sum >= Double(parameters.topP) * total { return number + 1 }
        }
        return candidates.count
    }

    /// The `count` most likely tokens in order, found with one pass over all.
    private func mostLikely(_ count: Int, _ weights: UnsafeBufferPointer<Float>) -> [Int] {
        var kept: [Int] = []
        var bound = -Float.infinity
        for token in weights.indices where weights[token] > bound {
            kept.append(token)
            if kept.count >= 2 * count + 64 {
                kept = Array(sorted(kept, weights).prefix(count))
                bound = weights[kept[count - 1]]
            }
        }
        return Array(sorted(kept, weights).prefix(count))
    }

    private func sorted(_ tokens: [Int], _ weights: UnsafeBufferPointer<Float>) -> [Int] {
        tokens.sorted { left, right in
            (weights[left], right) > (weights[right], left)
        }
    }
}
