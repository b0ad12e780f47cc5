import LanguageModel
import PreferenceLearning
import Testing

@Suite struct CandidateFilterTests {
    /// One token for each of these answers.
    private let texts = ["red", "", " \n", "blue", "blue ", "red", "green"]

    private func usable(
        _ samples: [Int], cut: Set<Int> = [], fits: (Int) -> Bool = { _ in true }
    ) -> [String] {
        CandidateFilter.usable(
            samples.map {
                Completion(
                    tokens: [TokenID($0)], finishReason: cut.contains($0) ? .length : .endOfTurn)
            },
            fits: fits, decode: { texts[Int($0[0])] })
    }

    @Test func emptyAndRepeatedAnswersGo() {
        #expect(usable([0, 1, 2, 3, 4, 5, 6]) == ["red", "blue", "green"])
    }

    @Test func answersCutByTheLimitGo() {
        #expect(usable([0, 3, 6], cut: [3]) == ["red", "green"])
    }

    @Test func answersTooLongToTrainOnGo() {
        #expect(usable([0, 3], fits: { _ in false }) == [])
    }

    @Test func orderAndTextStayAsSampled() {
        #expect(usable([6, 4, 3, 0]) == ["green", "blue ", "red"])
    }
}
