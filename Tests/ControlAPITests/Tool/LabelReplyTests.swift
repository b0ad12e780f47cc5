import FeedbackFormats
import Testing
import attunectl

@Suite struct LabelReplyTests {
    @Test func wordsOfTheConversation() {
        #expect(LabelReply("ac", candidateCount: 4) == .verdict(.ranking(best: 0, worst: 2)))
        #expect(LabelReply(" D a ", candidateCount: 4) == .verdict(.ranking(best: 3, worst: 0)))
        #expect(LabelReply("edit b", candidateCount: 4) == .edit(candidate: 1))
        #expect(LabelReply("ea", candidateCount: 8) == .verdict(.ranking(best: 4, worst: 0)))
        #expect(LabelReply("n", candidateCount: 4) == .verdict(.bothBad))
        #expect(LabelReply("S", candidateCount: 4) == .skip)
        #expect(LabelReply("w", candidateCount: 4) == .why)
        #expect(LabelReply("q", candidateCount: 4) == .stop)
    }

    @Test(arguments: ["", "?", "aa", "ae", "abc", "edit", "edit e", "1", "-1", "yes"])
    func unclear(line: String) {
        guard case .unclear = LabelReply(line, candidateCount: 4) else {
            Issue.record("`\(line)` was understood")
            return
        }
    }

    @Test func candidatesAreLettersOrIndices() {
        #expect(CandidateName(argument: "a")?.index == 0)
        #expect(CandidateName(argument: "H")?.index == 7)
        #expect(CandidateName(argument: "12")?.index == 12)
        for word in ["", "-1", "AA", "é", "!"] { #expect(CandidateName(argument: word) == nil) }
        #expect(CandidateName(index: 25).letter == "Z" && CandidateName(index: 26).letter == "26")
    }
}
