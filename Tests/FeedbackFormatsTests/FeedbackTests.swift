import FeedbackFormats
import Foundation
import Testing

@Suite struct FeedbackTests {
    private static let longText = String(repeating: "x", count: Feedback.maximumTextBytes + 1)

    @Test func acceptableFeedbackIsNotRefused() {
        let text = String(repeating: "x", count: Feedback.maximumTextBytes)
        for entry in ExportTests.entries { #expect(entry.feedback.refusal == nil) }
        #expect(Feedback.pair(text, chosen: text, rejected: "B").refusal == nil)
        #expect(
            Feedback.rating(
                [.user("Q"), .assistant("calls"), Message(role: "tool", content: "42")],
                answer: "42", liked: true
            ).refusal == nil)
    }

    @Test(arguments: [
        (Feedback.pair("Q", chosen: "", rejected: "B"), FeedbackRefusal.emptyText("`chosen`")),
        (.pair("Q", chosen: "A", rejected: " \n\u{00A0}"), .emptyText("`rejected`")),
        (.pair("Q", chosen: "A", rejected: "A"), .identicalSides),
        (.pair("Q", chosen: "\u{E9}", rejected: "e\u{301}"), .identicalSides),
        (.pair(" ", chosen: "A", rejected: "B"), .emptyText("the user's turn")),
        (.pair("Q\0", chosen: "A", rejected: "B"), .containsNUL("the prompt")),
        (.pair("Q", chosen: "A\0", rejected: "B"), .containsNUL("`chosen`")),
        (
            .pair(longText, chosen: "A", rejected: "B"),
            .textTooLong("the prompt", limit: Feedback.maximumTextBytes)
        ),
        (
            .pair("Q", chosen: "A", rejected: longText),
            .textTooLong("`rejected`", limit: Feedback.maximumTextBytes)
        ),
        (
            .pair("Q", chosen: "A", rejected: "B", source: String(longText.prefix(1025))),
            .textTooLong("`source`", limit: 1024)
        ),
        (Feedback(kind: .pair, prompt: [], chosen: "A", rejected: "B"), .noUserTurn),
        (Feedback(kind: .pair, prompt: [.system("S")], chosen: "A", rejected: "B"), .noUserTurn),
        (
            Feedback(
                kind: .pair, prompt: [.user("Q"), .assistant("A")], chosen: "A", rejected: "B"),
            .noUserTurn
        ),
        (
            Feedback(
                kind: .pair, prompt: [Message(role: "User", content: "Q")], chosen: "A",
                rejected: "B"), .unknownRole("User")
        ),
        (
            Feedback(
                kind: .tie, prompt: Array(repeating: .user("Q"), count: 1025), chosen: "A",
                rejected: "B"), .tooManyMessages(limit: 1024)
        ),
        (Feedback(kind: .pair, prompt: [.user("Q")], chosen: "A"), .sides(.pair)),
        (Feedback(kind: .tie, prompt: [.user("Q")], rejected: "A"), .sides(.tie)),
        (Feedback(kind: .edit, prompt: [.user("Q")]), .sides(.edit)),
        (Feedback(kind: .rating, prompt: [.user("Q")]), .sides(.rating)),
        (
            Feedback(kind: .rating, prompt: [.user("Q")], chosen: "A", rejected: "B"),
            .sides(.rating)
        ),
    ])
    func badContentIsRefusedWithItsReason(_ feedback: Feedback, _ refusal: FeedbackRefusal) {
        #expect(feedback.refusal == refusal)
        #expect(throws: refusal) { try feedback.validated() }
    }

    @Test func theWireFormLeavesOutWhatIsNotThere() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let rating = Feedback.rating([.user("Q")], answer: "A", liked: true)
        #expect(
            String(decoding: try encoder.encode(rating), as: UTF8.self)
                == #"{"chosen":"A","kind":"rating","prompt":[{"content":"Q","role":"user"}]}"#)
        #expect(try JSONDecoder().decode(Feedback.self, from: encoder.encode(rating)) == rating)
    }

    @Test func differentFactsHaveDifferentEncodings() {
        let facts = [
            Feedback.pair("Q", chosen: "A", rejected: "B"), .pair("Q", chosen: "B", rejected: "A"),
            .pair("QA", chosen: "B", rejected: ""), .pair("Q", chosen: "AB", rejected: ""),
            Feedback(kind: .pair, prompt: [.system("Q")], chosen: "A", rejected: "B"),
            Feedback(kind: .pair, prompt: [.user("Q"), .user("A")], chosen: "A", rejected: "B"),
            Feedback(kind: .edit, prompt: [.user("Q")], chosen: "A", rejected: "B"),
            Feedback(kind: .pair, prompt: [.user("Q")], chosen: "A"),
            Feedback(kind: .pair, prompt: [.user("Q")], rejected: "A"),
            Feedback(kind: .pair, prompt: [.user("Q")], chosen: "A", rejected: ""),
            .pair("Q", chosen: "\u{E9}", rejected: "B"),
            .pair("Q", chosen: "e\u{301}", rejected: "B"),
        ]
        #expect(Set(facts.map(\.canonicalEncoding)).count == facts.count)
    }

    @Test func theSourceIsNoPartOfAFactsIdentity() {
        #expect(
            Feedback.pair("Q", chosen: "A", rejected: "B", source: "x").canonicalEncoding
                == Feedback.pair("Q", chosen: "A", rejected: "B").canonicalEncoding)
    }

    /// The bytes are spelt out: a change would give every fact a new identity.
    @Test func theCanonicalEncodingIsFixed() {
        let number: (UInt8) -> [UInt8] = { [0, 0, 0, 0, 0, 0, 0, $0] }
        let prompt =
            Array("attune prompt 1\n".utf8) + number(1) + number(4) + Array("user".utf8)
            + number(1) + Array("Q".utf8)
        let encoding =
            Array("attune feedback 1\n".utf8) + number(6) + Array("rating".utf8) + prompt
            + Array(repeating: 0xFF, count: 8) + number(2) + Array("\u{E9}".utf8)
        let fact = Feedback.rating([.user("Q")], answer: "\u{E9}", liked: false)
        #expect(Array(fact.canonicalEncoding) == encoding)
        #expect(Array(fact.canonicalPrompt) == prompt)
    }

    @Test(arguments: [
        (#"{"best":0,"worst":3}"#, LabelVerdict.ranking(best: 0, worst: 3)),
        (#"{"scores":[0.5,1]}"#, .scores([0.5, 1])),
        (#"{"candidate":1,"edited":"text"}"#, .edited("text", candidate: 1)),
        (#"{"bothBad":true}"#, .bothBad),
    ])
    func verdictsHaveTheirWireForms(_ json: String, _ verdict: LabelVerdict) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(verdict), as: UTF8.self) == json)
        #expect(try JSONDecoder().decode(LabelVerdict.self, from: Data(json.utf8)) == verdict)
    }

    @Test(arguments: ["{}", #"{"best":1}"#, #"{"edited":"x"}"#, #"{"bothBad":false}"#])
    func incompleteVerdictsAreErrors(_ json: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(LabelVerdict.self, from: Data(json.utf8))
        }
    }
}
