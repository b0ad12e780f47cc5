import LanguageModel

/// A mean with its interval.
public struct Interval: Codable, Hashable, Sendable {
    public var mean: Double
    public var lower: Double
    public var upper: Double
    /// The share of intervals made this way that hold the true mean.
    public var confidence: Double
    /// Independent clusters behind it.
    public var clusters: Int
}

/// The percentile bootstrap of a mean, resampling whole clusters.
///
/// Pairs of one prompt stand or fall together, so prompts are drawn with replacement, each with all
/// its pairs; the statistic is the mean over the drawn pairs. With fewer than about fifteen
/// clusters the interval is too narrow.
///
/// - Source: Efron & Tibshirani 1993, chapter 13; Davison & Hinkley 1997, section 3.8.
public struct ClusterBootstrap: Hashable, Sendable {
    public var confidence: Double
    public var resamples: Int
    public var seed: UInt64

    public init(confidence: Double = 0.95, resamples: Int = 2000, seed: UInt64 = 0) {
        self.confidence = confidence
        self.resamples = resamples
        self.seed = seed
    }

    /// The interval of the mean of `values`; value i belongs to the cluster named by key i.
    ///
    /// - Returns: nil without values. The order of the values does not matter beyond rounding.
    public func interval(of values: [Double], clusteredBy keys: [String]) -> Interval? {
        precondition(values.count == keys.count, "every value needs the name of its cluster")
        guard !values.isEmpty else { return nil }
        var totals: [String: (sum: Double, count: Int)] = [:]
        for (value, key) in zip(values, keys) {
            let total = totals[key] ?? (0, 0)
            totals[key] = (total.sum + value, total.count + 1)
        }
        // A dictionary's order differs from process to process; the keys' order does not.
        let clusters = totals.sorted { $0.key < $1.key }.map(\.value)
        var generator = SeededGenerator(seed: seed, stream: StableHash.of("bootstrap"))
        var means: [Double] = []
        means.reserveCapacity(resamples)
        for _ in 0..<resamples {
            var sum = 0.0
            var count = 0
            for _ in clusters.indices {
                let drawn = clusters[Int(generator.uniform() * Double(clusters.count))]
                sum += drawn.sum
                count += drawn.count
            }
            means.append(sum / Double(count))
        }
        means.sort()
        let tail = (1 - confidence) / 2
        return Interval(
            mean: values.reduce(0, +) / Double(values.count),
            lower: Self.quantile(tail, of: means), upper: Self.quantile(1 - tail, of: means),
            confidence: confidence, clusters: clusters.count)
    }

    /// The `share` quantile of sorted values, by linear interpolation.
    static func quantile(_ share: Double, of sorted: [Double]) -> Double {
        let position = share * Double(sorted.count - 1)
        let below = Int(position)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
    }
}
