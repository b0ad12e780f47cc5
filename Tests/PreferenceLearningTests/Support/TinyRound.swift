import LanguageModel
import PreferenceLearning
import TestSupport

/// A round on the tiny model: prefers answers of "a" over answers of "z".
struct TinyRound {
    let model: Transformer
    var plan: RoundPlan
    var start: LoRAAdapter
    var reference: LoRAAdapter?
    var earlier: [String: LoRAAdapter] = [:]

    init(items: Int = 20, heldOut: Int = 6, seed: UInt64 = 11) throws {
        model = try TinyModel.load()
        var configuration = RoundConfiguration()
        configuration.learningRate = 3e-3
        configuration.batchSize = 4
        configuration.chunkSize = 8
        configuration.lora = LoRAConfiguration(rank: 2, alpha: 4)
        configuration.candidates = 4
        configuration.maximumNewTokens = 24
        configuration.metaLearner.batchesPerUpdate = 2
        configuration.gate.minimumHeldOutPrompts = 4
        configuration.gate.probeTokens = 16
        configuration.gate.resamples = 200
        plan = RoundPlan(
            seed: seed, window: (0..<items).map { Self.pair("train \($0)") },
            heldOut: (0..<heldOut).map { Self.pair("held out \($0)") },
            probes: Array(Probe.neutral.prefix(2)), configuration: configuration)
        start = LoRAAdapter(
            configuration: configuration.lora, model: model.configuration, seed: seed)
    }

    static func pair(_ id: String, prompt: String? = nil) -> PairExample {
        .sample(
            id, prompt: prompt ?? "\(id)?", chosen: "aa\(id.suffix(1))a",
            rejected: "zz\(id.suffix(1))z")
    }

    func round(from state: RoundState? = nil) throws -> Round {
        try Round(
            plan: plan, state: state, reference: reference, start: start,
            earlier: earlier, context: ComputeContext(model: model, threads: 1))
    }

    @discardableResult
    func run(
        in environment: RecordingEnvironment = RecordingEnvironment(), from state: RoundState? = nil
    ) throws -> RoundResult {
        try round(from: state).run(in: environment)
    }

    /// The mean of `Δ` over pairs, relative to the base.
    func meanMargin(_ pairs: [PairExample], adapter: LoRAAdapter) throws -> Double {
        let evaluations = try Evaluation.run(
            pairs, policy: FrozenModel(checkpoint: "candidate", adapter: adapter),
            context: ComputeContext(model: model, threads: 1))
        return evaluations.reduce(0) { $0 + $1.margin } / Double(pairs.count)
    }
}
