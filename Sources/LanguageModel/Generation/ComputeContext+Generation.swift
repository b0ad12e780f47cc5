internal import CKernels

extension ComputeContext {
    /// The most samples that one step computes; more take turns.
    private static let stepCapacity = 32

    /// Samples continuations of all requests as one batch.
    ///
    /// A sample's tokens depend on the model, its prompt, the parameters and its place (number of
    /// its request and of the sample within it), not on what else is in the batch.
    ///
    /// - Parameter onToken: called on this thread with the number of the request, of the sample in
    ///   it, and each token as it is drawn; not with the token that ends the turn.
    /// - Returns: per request, its samples in order.
    /// - Throws: `EngineError` for a prompt or a parameter that cannot be used and when the model
    ///   and the adapter yield no numbers, `CancellationError`.
    public func generate(
        _ requests: [GenerationRequest], parameters: SamplingParameters, adapter: LoRAAdapter?,
        onToken: ((_ request: Int, _ sample: Int, TokenID) -> Void)? = nil
    ) throws -> [[Completion]] {
        begin(\.sampling)
        try parameters.validate()
        let model = model.configuration
        return try adapter.withView(model: model) { view in
            let step = DecodingStep(
                self,
                adapter: view.map {
                    DecodingAdapter($0, model: model, capacity: Self.stepCapacity)
                }, capacity: Self.stepCapacity)
            let sampler = TokenSampler(parameters, kernels: kernels)
            var streams: [[SampleStream]] = []
            for (number, request) in requests.enumerated() {
                streams.append(
                    try begin(
                        request, number: number, view, step, sampler, parameters, onToken))
            }
            var growing = streams.joined().filter { $0.finishReason == nil }
            while !growing.isEmpty {
                for start in stride(from: 0, to: growing.count, by: Self.stepCapacity) {
                    let batch = growing[start..<min(growing.count, start + Self.stepCapacity)]
                    try step.run(batch)
                    try draw(Array(batch), step, sampler, parameters, onToken)
                }
                growing.removeAll { $0.finishReason != nil }
            }
            return streams.map { $0.map(\.completion) }
        }
    }

    /// Computes a request's prompt and draws the first token of each of its samples.
    private func begin(
        _ request: GenerationRequest, number: Int, _ adapter: AdapterView?, _ step: DecodingStep,
        _ sampler: TokenSampler, _ parameters: SamplingParameters,
        _ onToken: ((Int, Int, TokenID) -> Void)?
    ) throws -> [SampleStream] {
        let (page, first) = try read(request.prompt, adapter, step)
        if request.sampleCount == 0 { return [] }
        let streams = (0..<request.sampleCount).map {
            SampleStream(request: number, sample: $0, prompt: page, seed: parameters.seed)
        }
        if parameters.maximumTokens == 0 {
            for stream in streams { stream.finish(.length) }
            return streams
        }
        for start in stride(from: 0, to: streams.count, by: Self.stepCapacity) {
            let batch = streams[start..<min(streams.count, start + Self.stepCapacity)]
            for row in 0..<batch.count {
                (step.logits + row * first.count).update(from: first, count: first.count)
            }
            try draw(Array(batch), step, sampler, parameters, onToken)
        }
        return streams
    }

    /// Computes a prompt: its page, and the logits of the token after it.
    func read(
        _ prompt: [TokenID], _ adapter: AdapterView?, _ step: DecodingStep
    ) throws -> (KeyValuePage, [Float]) {
        let model = model.configuration
        let sequence = try PackedSequence(
            ResponseGroup(prompt: prompt, responses: []), model: model)
        let page = KeyValuePage(capacity: sequence.count, model: model)
        let output = try ForwardPass(self, sequence, adapter: adapter, isKept: false)
            .run { layer, activations in
                page.view.set(sequence.count, layer, activations, headSize: model.headSize)
            }
        page.count = sequence.count
        step.run(hidden: normedRows([sequence.count - 1], output, copies: 1), rows: 1)
        return (page, step.rows(1)[0])
    }

    /// Draws the next token of every sample of a step.
    private func draw(
        _ batch: [SampleStream], _ step: DecodingStep, _ sampler: TokenSampler,
        _ parameters: SamplingParameters, _ onToken: ((Int, Int, TokenID) -> Void)?
    ) throws {
        let size = model.configuration.vocabularySize
        var tokens = [TokenID?](repeating: nil, count: batch.count)
        tokens.withUnsafeMutableBufferPointer { tokens in
            let tokens = tokens
            pool.run(batch.count) { row, _ in
                tokens[row] = sampler.token(
                    from: UnsafeMutableBufferPointer(start: step.logits + row * size, count: size),
                    uniform: batch[row].draw())
            }
        }
        for (stream, token) in zip(batch, tokens) {
            guard let token else { throw EngineError.logitsNotFinite }
            let isText = stream.take(
                token,
                endsTurn: token == model.tokenizer.endOfTurn || token == model.tokenizer.endOfText,
                maximumTokens: parameters.maximumTokens)
            if isText { onToken?(stream.request, stream.sample, token) }
            if stream.finishReason == nil
                && stream.position >= model.configuration.contextLength
            {
                stream.finish(.length)
            }
        }
    }
}
