import LanguageModel
import PreferenceLearning
import Testing

@Suite struct GateTests {
    private let configuration = GateConfiguration()

    /// Held-out pairs whose margins move by `shift ± noise`, and probes without drift.
    private func evidence(
        prompts: Int = 40, shift: Double = 1, noise: Double = 1, chosenShift: Double = 0.2
    ) -> GateEvidence {
        var generator = SeededGenerator(seed: 5)
        var evidence = GateEvidence()
        for prompt in 0..<prompts {
            for pair in 0..<2 {
                let base = PairLogps.sample(&generator)
                let change = shift + noise * (2 * generator.uniform() - 1)
                evidence.heldOut.append(
                    HeldOutEvidence(
                        id: "\(prompt)/\(pair)", promptKey: "\(prompt)", base: base, head: base,
                        candidate: base.moved(
                            chosen: chosenShift, rejected: chosenShift - change)))
            }
        }
        evidence.probeDivergences = Array(repeating: 0.01, count: 24)
        evidence.baseAnswers = ProbeAnswers(
            lengths: Array(repeating: 12, count: 24), ended: Array(repeating: true, count: 24))
        evidence.candidateAnswers = evidence.baseAnswers
        return evidence
    }

    private func decision(_ evidence: GateEvidence) -> GateDecision {
        Gate.decide(evidence, configuration: configuration, seed: 1)
    }

    private func outcome(_ name: String, in decision: GateDecision) -> GateCheck.Outcome? {
        decision.checks.first { $0.name == name }?.outcome
    }

    @Test func aBetterCandidateIsPromoted() {
        let decision = decision(evidence())
        #expect(decision.verdict == .promote)
        #expect(decision.checks.count == 7)
        #expect(decision.checks.allSatisfy { $0.passed })
        #expect(decision.explanation.contains("95 %"))
    }

    @Test func aWorseCandidateIsKeptOut() {
        let decision = decision(evidence(shift: -1))
        #expect(decision.verdict == .keep)
        #expect(outcome("held-out margin", in: decision) == .failed)
        #expect(decision.explanation.contains("gets worse"))
    }

    @Test func anUncertainSignIsNotEnoughEvidence() {
        let decision = decision(evidence(shift: 0, noise: 3))
        #expect(decision.verdict == .insufficientEvidence)
        #expect(outcome("held-out margin", in: decision) == .undecided)
        #expect(decision.explanation.contains("not enough evidence"))
    }

    @Test func anUnchangedAdapterDoesNotGetWorse() {
        #expect(decision(evidence(shift: 0, noise: 0, chosenShift: 0)).verdict == .promote)
    }

    @Test func tooFewPromptsAreNotEnoughEvidenceHoweverManyPairs() {
        var few = evidence(prompts: 15)
        #expect(decision(few).verdict == .insufficientEvidence)
        few.heldOut += few.heldOut.map {
            var copy = $0
            copy.id += "/again"
            return copy
        }
        #expect(decision(few).verdict == .insufficientEvidence)
        #expect(decision(evidence(prompts: 16)).verdict == .promote)
        #expect(decision(evidence(prompts: 0)).verdict == .insufficientEvidence)
    }

    @Test func everyOtherBoundKeepsTheHeadByItself() throws {
        var drifted = evidence()
        drifted.probeDivergences[0] = 24 * configuration.klBudget
        var short = evidence()
        short.candidateAnswers?.lengths = Array(repeating: 5, count: 24)
        var long = evidence()
        long.candidateAnswers?.lengths = Array(repeating: 19, count: 24)
        var endless = evidence()
        endless.candidateAnswers?.ended = (0..<24).map { $0 < 18 }
        let fallen = evidence(chosenShift: configuration.chosenLogpFloor - 0.1)
        for (name, evidence) in [
            ("KL to the base", drifted), ("length ratio, least", short),
            ("length ratio, most", long), ("end-of-turn rate", endless),
            ("chosen log-probability", fallen),
        ] {
            let decision = decision(evidence)
            #expect(decision.verdict == .keep, "\(name)")
            #expect(decision.checks.filter { $0.outcome != .passed }.map(\.name) == [name])
        }
    }

    @Test func aFailedBoundOutweighsMissingEvidence() {
        var evidence = evidence(prompts: 3)
        evidence.probeDivergences = [1]
        #expect(decision(evidence).verdict == .keep)
    }

    @Test func whatIsNotANumberIsNeverPromoted() {
        var evidence = evidence()
        evidence.probeDivergences[3] = .nan
        #expect(decision(evidence).verdict == .keep)
        evidence = self.evidence()
        evidence.heldOut[0].candidate.chosen = .nan
        #expect(decision(evidence).verdict != .promote)
    }

    @Test func withoutProbesNothingIsPromoted() {
        var evidence = evidence()
        evidence.probeDivergences = []
        evidence.baseAnswers = ProbeAnswers(lengths: [], ended: [])
        evidence.candidateAnswers = ProbeAnswers(lengths: [], ended: [])
        #expect(decision(evidence).verdict == .insufficientEvidence)
    }

    @Test func theSameEvidenceGivesTheSameDecision() {
        #expect(decision(evidence()) == decision(evidence()))
    }

    @Test func headAndBaseMayDiffer() {
        // Against the base the candidate looks better; against the head it is worse.
        var evidence = evidence(shift: 1, noise: 0.1)
        for index in evidence.heldOut.indices {
            evidence.heldOut[index].head = evidence.heldOut[index].base.moved(
                chosen: 0.2, rejected: -4)
        }
        #expect(decision(evidence).verdict == .keep)
    }

    @Test func neutralProbesAreTwentyFourDistinctPrompts() {
        #expect(Probe.neutral.count == 24)
        #expect(Set(Probe.neutral.map(\.prompt)).count == 24)
    }
}
