import LanguageModel
import PreferenceLearning
import Testing

@Suite struct LabelAnswerTests {
    static let request = LabelRequest(
        id: "r", pair: .sample("p"), candidates: ["a", "b", "c", "d"], score: -0.7, weight: 0.33,
        draw: 0.9, checkpoint: nil, step: 0)

    @Test func scoresGiveBestOverWorst() throws {
        let pair = try #require(
            try Self.request.onlinePair(answered: .scores([0.2, 0.9, -1, 0.9])))
        #expect(pair.chosen == "b" && pair.rejected == "c")
        #expect(pair.prompt == Self.request.prompt)
        #expect(pair.id == "r-1-2")
    }

    @Test func choiceGivesBestOverWorst() throws {
        let pair = try #require(
            try Self.request.onlinePair(answered: .choice(best: 3, worst: 0)))
        #expect(pair.chosen == "d" && pair.rejected == "a")
    }

    @Test(arguments: [LabelAnswer.scores([1, 1, 1, 1]), .choice(best: 2, worst: 2)])
    func tiesAreDropped(answer: LabelAnswer) throws {
        #expect(try Self.request.onlinePair(answered: answer) == nil)
    }

    @Test(arguments: [
        LabelAnswer.scores([1, 2, 3]), .scores([1, 2, 3, 4, 5]), .scores([1, .nan, 2, 3]),
        .scores([1, .infinity, 2, 3]), .choice(best: 4, worst: 0), .choice(best: 0, worst: -1),
    ])
    func impossibleAnswersAreRefused(answer: LabelAnswer) {
        #expect(throws: PreferenceLearningError.self) {
            try Self.request.onlinePair(answered: answer)
        }
    }
}
