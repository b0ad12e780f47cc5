extension ComputeContext {
    /// Scores responses; keeps nothing for a backward pass.
    ///
    /// - Throws: `EngineError` for a group that cannot be computed, `CancellationError`.
    public func logps(_ group: ResponseGroup, adapter: LoRAAdapter?) throws -> [ResponseLogps] {
        fatalError()
    }

    /// Scores responses and keeps what `backward` needs.
    public func forward(_ group: ResponseGroup, adapter: LoRAAdapter) throws -> [ResponseLogps] {
        fatalError()
    }

    /// Adds the gradient of `Σ dLogps[k] · logp(response k)` with respect to the adapter.
    ///
    /// - Parameters:
    ///   - dLogps: one value per response of the last `forward`.
    ///   - gradient: laid out as the adapter's `parameters`; added to.
    /// - Precondition: follows a `forward` that returned; each forward can be followed once.
    public func backward(dLogps: [Float], accumulating gradient: inout [Float]) throws {
        fatalError()
    }

    /// The logits after every token of a sequence.
    ///
    /// - Returns: `[tokens.count, vocabularySize]`, row-major.
    public func logits(_ tokens: [TokenID], adapter: LoRAAdapter?) throws -> [Float] {
        fatalError()
    }

    /// The mean over response positions of `KL(policy ‖ reference)`, over the whole vocabulary.
    public func meanTokenKL(
        _ group: ResponseGroup, policy: LoRAAdapter?, reference: LoRAAdapter?
    ) throws -> Double {
        fatalError()
    }
}
