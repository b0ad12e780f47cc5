import LanguageModel
import PreferenceLearning
import TestSupport
import Testing

@Suite struct DriftTests {
    private let context: ComputeContext
    private let probes = Array(Probe.neutral.prefix(3))

    init() throws { context = ComputeContext(model: try TinyModel.load(), threads: 1) }

    /// A checkpoint whose adapter's every parameter is one draw times `scale`.
    private func model(_ name: String, scale: Float, seed: UInt64) throws -> FrozenModel {
        var adapter = LoRAAdapter(
            configuration: LoRAConfiguration(rank: 2, alpha: 4),
            model: context.model.configuration, seed: seed)
        var generator = SeededGenerator(seed: seed)
        for index in adapter.parameters.indices {
            adapter.parameters[index] = scale * Float(generator.uniform() - 0.5)
        }
        return FrozenModel(checkpoint: name, adapter: adapter)
    }

    private func drift(_ earlier: FrozenModel, _ policy: FrozenModel) throws -> Double {
        try Drift.between(earlier, and: policy, probes: probes, context: context)
    }

    @Test func aModelHasNotMovedFromItself() throws {
        let model = try model("a", scale: 0.5, seed: 1)
        #expect(abs(try drift(model, model)) < 1e-6)
        #expect(try drift(.base, .base) == 0)
    }

    @Test func theFurtherTheWeightsTheLargerTheDrift() throws {
        let near = try drift(.base, model("near", scale: 0.2, seed: 2))
        let far = try drift(.base, model("far", scale: 0.8, seed: 2))
        #expect(near > 0 && far > 4 * near)
    }

    @Test func againstTheBaseItIsTheGatesFigure() throws {
        var round = try TinyRound()
        round.plan.probes = probes
        let result = try round.run()
        let figures = result.state.evidence.probeDivergences
        let mean = figures.reduce(0, +) / Double(figures.count)
        let candidate = FrozenModel(checkpoint: "candidate", adapter: result.candidate)
        let found = try Drift.between(
            .base, and: candidate, probes: probes,
            context: ComputeContext(model: round.model, threads: 1))
        #expect(close(found, mean, 1e-9) && mean > 0)
    }
}
