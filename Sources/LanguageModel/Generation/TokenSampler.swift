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
        guard most.isFinite else { return nil }
        if parameters.temperature == 0 {
            guard !logits.contains(where: \.isNaN) else { return nil }
            return likeliest(logits, most)
        }
        return withUnsafeTemporaryAllocation(
            of: Double.self, capacity: (logits.count + Self.blockSize - 1) / Self.blockSize
        ) { sums in
            exponentiate(logits, most, sums: sums)
            let total = sums.reduce(0, +)
            guard !total.isNaN else { return nil }
            let weights = UnsafeBufferPointer(logits)
            guard let candidates = candidates(weights) else {
                return draw(uniform * total, weights, sums: UnsafeBufferPointer(sums))
            }
            if candidates.isEmpty { return likeliest(logits, 1) }
            return TokenID(candidates[draw(uniform, candidates, weights)])
        }
    }

    /// Logits whose weights are summed together.
    private static let blockSize = 1024

    private func likeliest(_ values: UnsafeMutableBufferPointer<Float>, _ most: Float) -> TokenID? {
        values.firstIndex(of: most).map { TokenID($0) }
    }

    /// Replaces logits by their weights relative to the most likely token's, which is 1 at every
    /// temperature; `sums` gets a sum for every block.
    private func exponentiate(
        _ logits: UnsafeMutableBufferPointer<Float>, _ most: Float,
        sums: UnsafeMutableBufferPointer<Double>
    ) {
        let scale = min(1 / parameters.temperature, .greatestFiniteMagnitude)
        for number in sums.indices {
            let start = number * Self.blockSize
            let block = logits.baseAddress! + start
            let count = min(Self.blockSize, logits.count - start)
            // The largest is made 0 before a scale that may be near the end of the range of numbers.
            if scale != 1 {
                for index in 0..<count { block[index] = (block[index] - most) * scale }
            }
            let sum = kernels.exp_sum(block, count, scale == 1 ? most : 0)
            sums.initializeElement(at: number, to: Double(sum))
        }
    }

    /// Finds the token at a distance along all weights: its block first, then its place in that.
    private func draw(
        _ distance: Double, _ weights: UnsafeBufferPointer<Float>,
        sums: UnsafeBufferPointer<Double>
    ) -> TokenID {
        var left = distance
        var number = 0
        while number + 1 < sums.count, left >= sums[number] {
            left -= sums[number]
            number += 1
        }
        // Rounding can lead past the last weight, to blocks without any.
        while number > 0, sums[number] == 0 { number -= 1 }
        let start = number * Self.blockSize
        let block = weights[start..<min(start + Self.blockSize, weights.count)]
        // The block's sum was made in float32; what it is off by must not fall to the last token.
        left *= block.reduce(0) { $0 + Double($1) } / sums[number]
        var last = start
        for index in block.indices where weights[index] > 0 {
            left -= Double(weights[index])
            last = index
            if left < 0 { break }
        }
        return TokenID(last)
    }

    /// Walks along the candidates' weights until they sum up to the drawn share of all.
    private func draw(
        _ uniform: Double, _ candidates: [Int], _ weights: UnsafeBufferPointer<Float>
    ) -> Int {
        var left = uniform * candidates.reduce(0) { $0 + Double(weights[$1]) }
        var last = 0
        for (number, candidate) in candidates.enumerated() where weights[candidate] > 0 {
            left -= Double(weights[candidate])
            if left < 0 { return number }
            last = number
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
            parameters.topK > 0 && parameters.topK < weights.count
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
