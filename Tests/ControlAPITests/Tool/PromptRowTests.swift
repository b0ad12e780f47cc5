import ControlAPI
import FeedbackFormats
import Foundation
import Testing
import attunectl

@Suite struct PromptRowTests {
    private let completion = GenerationPiece.Completion(
        text: "Yes/no", tokens: 2, finishReason: .endOfTurn)

    @Test func otherKeysAreCarriedOver() throws {
        let input = #"{"prompt":"Hi","id":12345678901234567,"nested":{"a":[1,2.5,null,true]}}"#
        let rows = try PromptRow.read(Data((input + "\r\n\n").utf8), name: "f")
        #expect(rows.map(\.messages) == [[.user("Hi")]])
        #expect(
            try rows[0].line([completion], asList: false)
                == #"{"finishReason":"endOfTurn","id":12345678901234567,"#
                + #""nested":{"a":[1,2.5,null,true]},"prompt":"Hi","response":"Yes/no","tokens":2}"#
        )
    }

    @Test func severalSamplesAreLists() throws {
        let line = try PromptRow(prompt: "p").line([completion, completion], asList: true)
        #expect(
            line == #"{"finishReasons":["endOfTurn","endOfTurn"],"prompt":"p","#
                + #""responses":["Yes/no","Yes/no"],"tokens":[2,2]}"#)
    }

    @Test func conversationsAreTakenAsTheyAre() throws {
        let input = #"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"}]}"#
        let rows = try PromptRow.read(Data(input.utf8), name: "f")
        #expect(rows.first?.messages == [.system("s"), .user("u")])
    }

    @Test(arguments: ["nonsense", "[1]", "{}", #"{"prompt":""}"#, #"{"messages":[]}"#])
    func faultyLinesAreNamed(line: String) {
        let error = #expect(throws: ControlError.self) {
            try PromptRow.read(Data(("{\"prompt\":\"ok\"}\n" + line).utf8), name: "f.jsonl")
        }
        #expect(error?.kind == .invalidRequest)
        #expect(error?.message.hasPrefix("cannot read f.jsonl, line 2: ") == true)
    }

    @Test func answersComeOutInTheOrderOfTheirPrompts() throws {
        var collector = CompletionCollector(prompts: 3, samples: 2)
        var order: [Int] = []
        for (prompt, sample) in [(1, 0), (1, 1), (2, 1), (0, 1), (0, 0), (2, 0)] {
            let piece = GenerationPiece(prompt: prompt, sample: sample, completion: completion)
            order += try collector.add(completion, piece).map(\.index)
            if order.count < 3 { #expect(throws: ControlError.self) { try collector.finish() } }
        }
        #expect(order == [0, 1, 2])
        try collector.finish()
    }

    @Test func answersNobodyAskedForAreAnError() {
        var collector = CompletionCollector(prompts: 1, samples: 1)
        let piece = GenerationPiece(prompt: 0, sample: 1, completion: completion)
        #expect(throws: ControlError.self) { try collector.add(completion, piece) }
    }
}
