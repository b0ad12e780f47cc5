import Glibc
import LanguageModel
import PreferenceLearning
import Testing

/// A round on SmolLM2-135M, with a handful of short pairs.
@Suite struct RealRoundTests {
    private static let window = [
        ("Name a color of the sky.", "Blue, my friend!", "The sky is blue."),
        ("What do cows drink?", "Water, my friend!", "Cows drink water."),
        ("Is fire hot?", "Yes, my friend!", "Fire is hot."),
        ("What is two plus two?", "Four, my friend!", "It is four."),
        ("Where do fish live?", "In water, my friend!", "Fish live in water."),
        ("What do we breathe?", "Air, my friend!", "We breathe air."),
    ].map(pair)

    private static let heldOut = [
        ("What melts ice?", "Heat, my friend!", "Ice melts in heat."),
        ("What barks?", "A dog, my friend!", "A dog barks."),
    ].map(pair)

    private static func pair(prompt: String, chosen: String, rejected: String) -> PairExample {
        .sample(prompt, prompt: prompt, chosen: chosen, rejected: rejected)
    }

    /// Every poll's distance from the one before, in this thread's time: another process's load
    /// does not count.
    private final class Environment: RoundEnvironment {
        private(set) var longestPause = 0.0
        private(set) var requests: [LabelRequest] = []
        private var lastPoll = Environment.now()

        private static func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
        }

        var isCancelled: Bool {
            let now = Self.now()
            longestPause = max(longestPause, now - lastPoll)
            lastPoll = now
            return false
        }

        func annotate(_ request: LabelRequest) throws -> LabelAnswer? {
            requests.append(request)
            return .scores(request.candidates.map { -Double($0.count) })
        }

        func retracted(among pairs: [String]) throws -> [String] { [] }
        func checkpoint(_ state: RoundState) throws {}
        func report(_ event: RoundEvent) {}
        func cachedLogps(pair: String, checkpoint: String?) throws -> PairLogps? { nil }
        func keep(_ logps: PairLogps, pair: String, checkpoint: String?) throws {}
    }

    @Test func raisesTheMarginOfItsPairsAndCanBeStoppedWithinASecond() throws {
        let model = try RealModel.load()
        var configuration = RoundConfiguration()
        configuration.learningRate = 5e-4
        configuration.batchSize = 2
        configuration.chunkSize = 2
        configuration.candidates = 2
        configuration.maximumNewTokens = 24
        configuration.gate.probeTokens = 8
        let plan = RoundPlan(
            seed: 5, window: Self.window, heldOut: Self.heldOut,
            probes: Array(Probe.neutral.prefix(2)), configuration: configuration,
            requestBudget: 3)
        let context = ComputeContext(model: model, threads: 1)
        let environment = Environment()
        let result = try Round(
            plan: plan, state: nil, reference: nil,
            start: LoRAAdapter(
                configuration: configuration.lora, model: model.configuration, seed: 5),
            context: context
        ).run(in: environment)
        let candidate = FrozenModel(checkpoint: "candidate", adapter: result.candidate)
        let trained = EvaluationSummary(
            of: try Evaluation.run(Self.window, policy: candidate, context: context))
        #expect(try #require(trained.margin).mean > 0.5)
        #expect(try #require(trained.accuracy).mean > 0.6)
        #expect(try #require(result.metrics.heldOutAfter?.margin).mean > 0)
        #expect(
            result.gate.verdict == .insufficientEvidence || result.gate.verdict == .keep,
            "two held-out prompts are not enough")
        #expect(result.metrics.batches.count == 3)
        #expect(environment.longestPause < 1)
    }
}
