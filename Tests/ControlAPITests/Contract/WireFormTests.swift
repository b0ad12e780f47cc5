import ControlAPI
import FeedbackFormats
import Foundation
import Testing

/// The bytes that travel, written out: a change here breaks whoever speaks to an older daemon.
@Suite struct WireFormTests {
    private static let instant = Date(timeIntervalSince1970: 1_795_455_568.123)

    private func json(_ value: some Encodable) throws -> String {
        String(decoding: try ControlProtocol.encoder().encode(value), as: UTF8.self)
    }

    private func expect<Value: Codable & Equatable>(_ value: Value, _ text: String) throws {
        #expect(try json(value) == text)
        let back = try ControlProtocol.decoder().decode(Value.self, from: Data(text.utf8))
        #expect(back == value)
    }

    @Test func errors() throws {
        try expect(
            ErrorBody(error: ControlError(.noModel, "cannot generate: no model is in use")),
            #"{"error":{"kind":"no-model","message":"cannot generate: no model is in use"}}"#)
    }

    @Test func unknownErrorKindIsReadAsInternal() throws {
        let text = #"{"error":{"kind":"from-the-future","message":"m"}}"#
        let body = try ControlProtocol.decoder().decode(ErrorBody.self, from: Data(text.utf8))
        #expect(body.error == ControlError(.internalError, "m"))
    }

    @Test func feedbackBatchAndOutcomes() throws {
        try expect(
            FeedbackBatch(items: [.pair("Hi", chosen: "Hello!", rejected: "What?")]),
            #"{"items":[{"chosen":"Hello!","kind":"pair","prompt":[{"content":"Hi","role":"user"}],"#
                + #""rejected":"What?"}]}"#)
        try expect(
            FeedbackOutcomes(outcomes: [
                FeedbackOutcome(result: .added, id: "a"),
                FeedbackOutcome(result: .duplicate, id: "a"),
                FeedbackOutcome(result: .refused, reason: "`chosen` is empty"),
            ]),
            #"{"outcomes":[{"id":"a","result":"added"},{"id":"a","result":"duplicate"},"#
                + #"{"reason":"`chosen` is empty","result":"refused"}]}"#)
    }

    @Test func labelRequest() throws {
        let label = LabelReport(
            id: "r1", state: .open, prompt: [.user("Why?")], candidates: ["a", "b"],
            feedback: "f", score: -0.5, weight: 0.25, draw: 0.75, reason: "badly aligned", round: 2,
            checkpoint: nil, askedAt: Self.instant)
        try expect(
            NextLabel(label: label, open: 3),
            #"{"label":{"askedAt":"2026-11-23T17:39:28.123Z","candidates":["a","b"],"draw":0.75,"#
                + #""feedback":"f","id":"r1","prompt":[{"content":"Why?","role":"user"}],"#
                + #""reason":"badly aligned","round":2,"rule":"weight","score":-0.5,"state":"open","weight":0.25},"#
                + #""open":3}"#)
    }

    @Test func streamLinesHaveExactlyOneKey() throws {
        try expect(
            StreamLine<Int>.progress(WorkProgress(phase: "training", done: 1, total: 2)),
            #"{"progress":{"done":1,"phase":"training","total":2}}"#)
        try expect(StreamLine<Int>.value(7), #"{"value":7}"#)
        try expect(
            StreamLine<Int>.failure(ControlError(.cancelled, "stopped")),
            #"{"error":{"kind":"cancelled","message":"stopped"}}"#)
        for text in ["{}", #"{"value":1,"error":{"kind":"busy","message":""}}"#] {
            #expect(throws: DecodingError.self) {
                try ControlProtocol.decoder().decode(StreamLine<Int>.self, from: Data(text.utf8))
            }
        }
    }

    @Test func roundWithGate() throws {
        let round = RoundReport(
            id: 1, state: .completed, startedAt: Self.instant, finishedAt: Self.instant, seconds: 2,
            seed: 9_007_199_254_740_993,
            items: RoundItems(
                paired: 1, offline: 2, online: 0, replayed: 1, tooLong: 3, heldOut: 4),
            asks: 1,
            checkpoint: "c", promoted: true, metrics: ["rewards/margins": 0.5],
            gate: GateReport(
                verdict: .promote,
                checks: [
                    .init(
                        name: "margin", value: 0.5, bound: 0, comparison: ">=", passed: true,
                        explanation: "e")
                ], explanation: "all held"))
        try expect(
            round,
            #"{"asks":1,"checkpoint":"c","finishedAt":"2026-11-23T17:39:28.123Z","#
                + #""gate":{"checks":[{"bound":0,"comparison":">=","explanation":"e","name":"margin","#
                + #""passed":true,"value":0.5}],"explanation":"all held","verdict":"promote"},"id":1,"#
                + #""items":{"heldOut":4,"offline":2,"online":0,"paired":1,"replayed":1,"retracted":0,"#
                + #""tooLong":3},"#
                + #""metrics":{"rewards/margins":0.5},"promoted":true,"seconds":2,"#
                + #""seed":9007199254740993,"startedAt":"2026-11-23T17:39:28.123Z","#
                + #""state":"completed"}"#)
    }

    @Test func generationPieces() throws {
        try expect(
            GenerationPiece(prompt: 0, sample: 1, delta: "né"),
            #"{"delta":"né","prompt":0,"sample":1}"#)
        try expect(
            GenerationPiece(
                prompt: 0, sample: 1,
                completion: .init(text: "x/y", tokens: 3, finishReason: .endOfTurn)),
            #"{"completion":{"finishReason":"endOfTurn","text":"x/y","tokens":3},"#
                + #""prompt":0,"sample":1}"#)
    }

    @Test func figuresThatAreNoNumbersSurvive() throws {
        let text = try json(["a": Double.infinity, "b": -Double.infinity, "c": Double.nan])
        #expect(text == #"{"a":"inf","b":"-inf","c":"nan"}"#)
        let back = try ControlProtocol.decoder().decode(
            [String: Double].self, from: Data(text.utf8))
        #expect(back["a"] == .infinity && back["b"] == -.infinity && back["c"]?.isNaN == true)
    }

    @Test func unknownKeysAreIgnored() throws {
        let text = #"{"used":1,"available":2,"fromTheFuture":true}"#
        let report = try ControlProtocol.decoder().decode(DiskReport.self, from: Data(text.utf8))
        #expect(report == DiskReport(used: 1, available: 2))
    }
}
