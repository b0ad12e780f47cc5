import ControlAPI
import FeedbackFormats
import Testing

@Suite struct LabelVerdictTests {
    @Test func soundVerdictsHaveNoFault() {
        for verdict: LabelVerdict in [
            .ranking(best: 0, worst: 3), .scores([1, 2, 3, 4]), .edited("better", candidate: 3),
            .bothBad,
        ] {
            #expect(verdict.fault(candidateCount: 4) == nil)
        }
    }

    @Test func verdictsAboutOtherCandidatesAreFaulty() {
        for verdict: LabelVerdict in [
            .ranking(best: 0, worst: 4), .ranking(best: -1, worst: 0), .ranking(best: 1, worst: 1),
            .scores([1, 2, 3]), .scores([1, 2, 3, .nan]), .edited("better", candidate: 4),
            .edited(" \n", candidate: 0),
        ] {
            #expect(verdict.fault(candidateCount: 4) != nil, "\(verdict)")
        }
    }
}
