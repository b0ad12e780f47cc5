package import ControlAPI
import FeedbackFormats
package import LanguageModel
package import PreferenceLearning

/// Generates, scores and judges on the compute thread, for people who wait.
///
/// Its jobs run on the request lane: between rounds, or inside one at its boundaries.
package actor InferenceEngine {
    private let thread: ComputeThread
    private let threads: Int
    private let precision: ComputePrecision
    private var context: ComputeContext?

    /// - Parameter threads: how many compute together.
    package init(thread: ComputeThread, threads: Int, precision: ComputePrecision) {
        self.thread = thread
        self.threads = threads
        self.precision = precision
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.requests.asUnownedSerialExecutor()
    }

    /// Frees the buffers.
    package func unload() {
        context = nil
    }

    /// Sequences that decode together; more waits its turn, so that memory stays bounded.
    private static let batchLimit = 16

    /// Answers every prompt `samples` times.
    ///
    /// Prompts are taken in slices, each with a seed of its own that depends only on the order's
    /// seed and the slice's place: a sample depends on nothing else.
    package func generate(
        _ prompts: [[ChatMessage]], samples: Int, parameters: SamplingParameters, streaming: Bool,
        model: LoadedModel, adapter: LoRAAdapter?, flag: CancellationFlag,
        emit: @escaping (GenerationPiece) -> Void
    ) throws {
        let context = context(for: model, flag)
        let template = model.transformer.chatTemplate
        let tokenizer = model.transformer.tokenizer
        let width = max(1, Self.batchLimit / samples)
        var seeds = SeededGenerator(seed: parameters.seed)
        for start in stride(from: 0, to: prompts.count, by: width) {
            let slice = prompts[start..<min(start + width, prompts.count)]
            var parameters = parameters
            if start > 0 { parameters.seed = seeds.next() }
            let decoders = StreamDecoders(tokenizer: tokenizer, first: start, emit: emit)
            let completions = try context.generate(
                slice.map {
                    GenerationRequest(prompt: template.promptTokens($0), sampleCount: samples)
                }, parameters: parameters, adapter: adapter,
                onToken: streaming ? decoders.take : nil)
            for (offset, group) in completions.enumerated() {
                for (sample, completion) in group.enumerated() {
                    if streaming { decoders.finish(offset, sample) }
                    emit(
                        GenerationPiece(
                            prompt: start + offset, sample: sample,
                            completion: .init(completion, tokenizer)))
                }
            }
        }
    }

    /// Scores pairs under two models.
    package func evaluate(
        _ pairs: [PairExample], policy: FrozenModel, reference: FrozenModel, model: LoadedModel,
        flag: CancellationFlag, cache: (any LogpsCache & Sendable)?,
        progress: (_ done: Int, PairEvaluation) -> Void
    ) throws -> [PairEvaluation] {
        try Evaluation.run(
            pairs, policy: policy, reference: reference, context: context(for: model, flag),
            cache: cache, progress: progress)
    }

    /// Gathers what the gate needs to judge a checkpoint that no round of this host made.
    package func evidence(
        candidate: LoRAAdapter, head: FrozenModel, heldOut: [PairExample],
        configuration: RoundConfiguration, model: LoadedModel, flag: CancellationFlag,
        cache: (any LogpsCache & Sendable)?, progress: (_ done: Int, _ total: Int) -> Void
    ) throws -> GateEvidence {
        try Gate.evidence(
            candidate: candidate, head: head, heldOut: heldOut, configuration: configuration,
            context: context(for: model, flag), cache: cache, progress: progress)
    }

    /// Measures how far one model has moved from another.
    package func drift(
        from earlier: FrozenModel, to policy: FrozenModel, model: LoadedModel,
        flag: CancellationFlag
    ) throws -> Double {
        try Drift.between(earlier, and: policy, context: context(for: model, flag))
    }

    private func context(for model: LoadedModel, _ flag: CancellationFlag) -> ComputeContext {
        let kept = context.flatMap { $0.model === model.transformer ? $0 : nil }
        let context =
            kept
            ?? ComputeContext(model: model.transformer, threads: threads, precision: precision)
        self.context = context
        let thread = thread
        context.isCancelled = {
            thread.noteAlive()
            return flag.isCancelled
        }
        return context
    }
}

/// Turns the tokens of one slice into pieces of whole characters.
private final class StreamDecoders {
    private let tokenizer: Tokenizer
    private let first: Int
    private let emit: (GenerationPiece) -> Void
    private var decoders: [Int: [Int: UTF8StreamDecoder]] = [:]

    init(tokenizer: Tokenizer, first: Int, emit: @escaping (GenerationPiece) -> Void) {
        self.tokenizer = tokenizer
        self.first = first
        self.emit = emit
    }

    func take(_ request: Int, _ sample: Int, _ token: TokenID) {
        let text = decoders[request, default: [:]][sample, default: UTF8StreamDecoder()]
            .decode(tokenizer.bytes(of: token))
        send(text, request, sample)
    }

    func finish(_ request: Int, _ sample: Int) {
        guard var decoder = decoders[request]?[sample] else { return }
        send(decoder.finish(), request, sample)
    }

    private func send(_ text: String, _ request: Int, _ sample: Int) {
        guard !text.isEmpty else { return }
        emit(GenerationPiece(prompt: first + request, sample: sample, delta: text))
    }
}

extension GenerationPiece.Completion {
    fileprivate init(_ completion: Completion, _ tokenizer: Tokenizer) {
        self.init(
            text: tokenizer.decode(completion.tokens), tokens: completion.tokens.count,
            finishReason: completion.finishReason == .endOfTurn ? .endOfTurn : .length)
    }
}
