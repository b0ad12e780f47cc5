extension ComputeContext {
    /// Samples continuations of all requests as one batch.
    ///
    /// A sample's tokens depend on the model, its prompt, the parameters and its place (number of
    /// its request and of the sample within it), not on what else is in the batch.
    ///
    /// - Parameter onToken: called on this thread with the number of the request, of the sample in
    ///   it, and each token as it is drawn; not with the token that ends the turn.
    /// - Returns: per request, its samples in order.
    public func generate(
        _ requests: [GenerationRequest], parameters: SamplingParameters, adapter: LoRAAdapter?,
        onToken: ((_ request: Int, _ sample: Int, TokenID) -> Void)? = nil
    ) throws -> [[Completion]] {
        fatalError()
    }
}
