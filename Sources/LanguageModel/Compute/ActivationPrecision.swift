/// How activations enter a product with quantised weights.
///
/// Weights stay what the file says. In `int16` and `int8` the activations of each block of 32 are
/// rounded to integers that share a scale, the products are summed exactly, and the scales are
/// applied in float32: error in a product's result relative to its size about 4e-5 and 9e-3. On 200
/// real responses `int16` moves a token's log-probability by 0.0002 nats (at most 0.005), perplexity
/// not by 1e-5, and an adapter's gradients by 0.07 %; `int8` by 0.05 nats and perplexity by 0.4 %
/// (`Tools/benchmarks/engine --cost`). What has no integer kernels (weights in float32, float16,
/// bfloat16 and the K types; attention, norms, adapters) is computed in float32 always.
public enum ActivationPrecision: String, CaseIterable, Codable, Hashable, Sendable {
    case float32
    case int16
    case int8
}

/// The precisions of a context's two kinds of work.
public struct ComputePrecision: Codable, Hashable, Sendable {
    /// Scoring, training and evaluation. `int8` is too coarse for gradients.
    public var training: ActivationPrecision
    /// Reading prompts and decoding.
    public var sampling: ActivationPrecision

    public init(training: ActivationPrecision = .float32, sampling: ActivationPrecision = .float32)
    {
        self.training = training
        self.sampling = sampling
    }
}

extension KeyedDecodingContainer {
    /// Decodes a precision; what was written before there was a choice was computed in float32.
    public func decode(_ type: ComputePrecision.Type, forKey key: Key) throws -> ComputePrecision {
        try decodeIfPresent(type, forKey: key) ?? ComputePrecision()
    }
}
