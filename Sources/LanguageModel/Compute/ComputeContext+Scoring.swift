internal import CKernels

extension ComputeContext {
    /// Scores responses; keeps nothing for a backward pass.
    ///
    /// - Throws: `EngineError` for a group that cannot be computed, `CancellationError`.
    public func logps(_ group: ResponseGroup, adapter: LoRAAdapter?) throws -> [ResponseLogps] {
        begin(\.training)
        let sequence = try PackedSequence(group, model: model.configuration)
        return try adapter.withView(model: model.configuration) { view in
            let pass = ForwardPass(self, sequence, adapter: view, isKept: false)
            let hidden = targetRows(sequence, try pass.run(), copies: 1)
            return collect(
                try VocabularyHead(self).logps(
                    hidden, targets: sequence.targets.map(\.token), gradients: nil),
                sequence, responses: group.responses.count)
        }
    }

    /// Scores responses and keeps what `backward` needs.
    ///
    /// - Throws: as `logps`.
    public func forward(_ group: ResponseGroup, adapter: LoRAAdapter) throws -> [ResponseLogps] {
        begin(\.training)
        let sequence = try PackedSequence(group, model: model.configuration)
        return try Optional(adapter).withView(model: model.configuration) { view in
            let pass = ForwardPass(self, sequence, adapter: view, isKept: true)
            let hidden = targetRows(sequence, try pass.run(), copies: 2)
            let gradients = hidden + sequence.targets.count * model.configuration.width
            let logps = try VocabularyHead(self).logps(
                hidden, targets: sequence.targets.map(\.token), gradients: gradients)
            pending = PendingBackward(
                sequence: sequence, adapter: adapter, targetGradients: gradients)
            return collect(logps, sequence, responses: group.responses.count)
        }
    }

    /// Adds the gradient of `Σ dLogps[k] · logp(response k)` with respect to the adapter.
    ///
    /// - Parameters:
    ///   - dLogps: one value per response of the last `forward`.
    ///   - gradient: laid out as the adapter's `parameters`; added to.
    /// - Throws: `CancellationError`; the gradient is then incomplete.
    /// - Precondition: follows a `forward` that returned, with no other call between; each forward
    ///   can be followed once.
    public func backward(dLogps: [Float], accumulating gradient: inout [Float]) throws {
        guard let pending else { preconditionFailure("backward follows forward, once") }
        precondition(gradient.count == pending.adapter.layout.parameterCount)
        begin(\.training)
        try Optional(pending.adapter).withView(model: model.configuration) { view in
            try gradient.withUnsafeMutableBufferPointer { gradient in
                guard let base = gradient.baseAddress else { return }
                let forward = ForwardPass(
                    self, pending.sequence, adapter: view, isKept: true)
                let pass = BackwardPass(forward, gradient: base)
                seed(pass, pending, dLogps)
                try pass.run()
            }
        }
    }

    /// The logits after every token of a sequence.
    ///
    /// - Returns: `[tokens.count, vocabularySize]`, row-major.
    public func logits(_ tokens: [TokenID], adapter: LoRAAdapter?) throws -> [Float] {
        begin(\.training)
        let sequence = try PackedSequence(
            ResponseGroup(prompt: tokens, responses: []), model: model.configuration)
        return try adapter.withView(model: model.configuration) { view in
            let pass = ForwardPass(self, sequence, adapter: view, isKept: false)
            let hidden = normedRows(Array(0..<tokens.count), try pass.run(), copies: 1)
            let count = tokens.count * model.configuration.vocabularySize
            return try [Float](unsafeUninitializedCapacity: count) { output, initialized in
                try VocabularyHead(self).logits(
                    hidden, rows: tokens.count, into: output.baseAddress!)
                initialized = count
            }
        }
    }

    /// The mean over response positions of `KL(policy ‖ reference)`, over the whole vocabulary.
    ///
    /// - Edge cases: 0 for a group without response tokens.
    public func meanTokenKL(
        _ group: ResponseGroup, policy: LoRAAdapter?, reference: LoRAAdapter?
    ) throws -> Double {
        begin(\.training)
        let sequence = try PackedSequence(group, model: model.configuration)
        let count = sequence.targets.count
        if count == 0 { return 0 }
        let size = count * model.configuration.width
        let base = buffers.targets.reserve(2 * size)
        for (number, adapter) in [reference, policy].enumerated() {
            try adapter.withView(model: model.configuration) { view in
                let pass = ForwardPass(self, sequence, adapter: view, isKept: false)
                normalize(sequence.targets.map(\.row), try pass.run(), into: base + number * size)
            }
        }
        let sum = try VocabularyHead(self).divergence(base + size, base, rows: count)
        return max(0, sum / Double(count))
    }

    /// The normed hidden states that the targets are predicted from, in memory for `copies`.
    private func targetRows(
        _ sequence: PackedSequence, _ output: UnsafeMutablePointer<Float>, copies: Int
    ) -> UnsafeMutablePointer<Float> {
        normedRows(sequence.targets.map(\.row), output, copies: copies)
    }

    func normedRows(
        _ rows: [Int], _ output: UnsafeMutablePointer<Float>, copies: Int
    ) -> UnsafeMutablePointer<Float> {
        let hidden = buffers.targets.reserve(copies * rows.count * model.configuration.width)
        normalize(rows, output, into: hidden)
        return hidden
    }

    private func normalize(
        _ rows: [Int], _ output: UnsafeMutablePointer<Float>,
        into hidden: UnsafeMutablePointer<Float>
    ) {
        let width = model.configuration.width
        for (index, row) in rows.enumerated() {
            kernels.rms_norm(
                output + row * width, model.outputNorm, width, model.configuration.rmsEpsilon,
                hidden + index * width)
        }
    }

    /// Puts the gradient of the last block's output into the pass.
    private func seed(_ pass: BackwardPass, _ pending: PendingBackward, _ dLogps: [Float]) {
        let width = model.configuration.width
        let output = pass.forward.activations[model.configuration.layerCount - 1].output
        for (index, target) in pending.sequence.targets.enumerated() {
            let gradient = pending.targetGradients + index * width
            kernels.multiply_all(gradient, width, dLogps[target.response])
            kernels.rms_norm_backward(
                output + target.row * width, model.outputNorm, gradient, width,
                model.configuration.rmsEpsilon, pass.stream + target.row * width)
        }
    }

    private func collect(
        _ logps: [Float], _ sequence: PackedSequence, responses: Int
    ) -> [ResponseLogps] {
        var result = [ResponseLogps](
            repeating: ResponseLogps(sum: 0, tokens: []), count: responses)
        for (target, logp) in zip(sequence.targets, logps) {
            result[target.response].tokens.append(logp)
            result[target.response].sum += Double(logp)
        }
        return result
    }
}
