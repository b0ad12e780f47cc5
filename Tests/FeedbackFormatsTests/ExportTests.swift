import FeedbackFormats
import Foundation
import Testing

@Suite struct ExportTests {
    static let entries: [FeedbackEntry] = [
        entry(.pair("Q", chosen: "A", rejected: "B", source: "test")),
        entry(.pair("Line\nbreaks \"quotes\" 🦊 / \\", chosen: " leading", rejected: "trailing ")),
        entry(
            Feedback(
                kind: .pair,
                prompt: [.system("Be brief."), .user("Hi"), .assistant("Yes?"), .user("Go on")],
                chosen: "No.", rejected: "Well…")),
        entry(.pair("\n\nHuman: Hi\n\nAssistant:", chosen: "A", rejected: "B")),
        entry(Feedback(kind: .edit, prompt: [.user("Q")], chosen: "Better", rejected: "Bad")),
        entry(Feedback(kind: .tie, prompt: [.user("Q")], chosen: "One", rejected: "Two")),
        entry(.rating([.user("Q")], answer: "Good", liked: true)),
        entry(.rating([.system("S"), .user("Q")], answer: "Bad", liked: false)),
        entry(
            .pair("Gone", chosen: "A", rejected: "B"),
            retraction: Retraction(
                at: Date(timeIntervalSince1970: 1_795_000_000.25), reason: "wrong")),
    ]

    static func entry(_ feedback: Feedback, retraction: Retraction? = nil) -> FeedbackEntry {
        FeedbackEntry(
            id: "0123456789abcdef", feedback: feedback,
            recordedAt: Date(timeIntervalSince1970: 1_794_000_000.123), heldOut: false,
            trainedIn: retraction == nil ? [] : [3, 4], retraction: retraction)
    }

    private func reimported(_ format: FeedbackExport) throws -> [Feedback] {
        let lines = try Self.entries.compactMap { try format.line(for: $0) }
        return try rows(of: Array(lines.joined(separator: [10]))).map { try $0.result.get() }
    }

    /// What an export keeps: kind and sides; a source is Attune's own.
    private func expected(_ keeps: (Feedback) -> Bool) -> [Feedback] {
        Self.entries.filter { $0.retraction == nil }.map(\.feedback).filter(keeps).map {
            Feedback(
                kind: $0.kind == .edit ? .pair : $0.kind, prompt: $0.prompt, chosen: $0.chosen,
                rejected: $0.rejected)
        }
    }

    @Test func trlPairsRoundTrip() throws {
        #expect(try reimported(.trl) == expected { $0.kind.isPreference })
    }

    @Test func trlRatedAnswersRoundTrip() throws {
        #expect(try reimported(.trlUnpaired) == expected { $0.kind == .rating })
    }

    @Test func metaAPORoundTrips() throws {
        #expect(try reimported(.metaAPO) == expected { $0.kind.isPreference })
    }

    @Test func metaAPOCarriesOnlinePairs() throws {
        let line = try #require(
            try FeedbackExport.metaAPO.line(
                for: Self.entries[0], online: (chosen: "C", rejected: "D")))
        #expect(
            rows(of: Array(line)).map(\.feedback) == [
                .pair("Q", chosen: "A", rejected: "B"), .pair("Q", chosen: "C", rejected: "D"),
            ])
    }

    @Test func aLoneQuestionIsTextAndAConversationIsMessages() throws {
        let texts = try Self.entries[...2].map {
            String(decoding: try #require(try FeedbackExport.trl.line(for: $0)), as: UTF8.self)
        }
        #expect(texts[0] == #"{"chosen":"A","prompt":"Q","rejected":"B"}"#)
        #expect(texts[2].contains(#""chosen":[{"content":"No.","role":"assistant"}]"#))
    }

    @Test func backupsKeepEverything() throws {
        for entry in Self.entries {
            let line = try #require(try FeedbackExport.attune.line(for: entry))
            #expect(!line.contains(10))
            #expect(try JSONDecoder().decode(FeedbackEntry.self, from: line) == entry)
        }
    }

    @Test func backupsImportAsOrdinaryRowsButForRetractedOnes() throws {
        let lines = try Self.entries.compactMap { try FeedbackExport.attune.line(for: $0) }
        let rows = rows(of: Array(lines.joined(separator: [10])))
        #expect(rows.dropLast().map(\.feedback) == Self.entries.dropLast().map(\.feedback))
        #expect(rows.last?.refusal == .retracted)
    }

    @Test func timesAreISO8601WithMilliseconds() throws {
        for milliseconds in [0, 1, 999, 1_794_000_000_123, 253_402_300_799_999] as [Int64] {
            let time = Timestamp(milliseconds: milliseconds)
            let json = try JSONEncoder().encode([time])
            #expect(
                try JSONDecoder().decode([Timestamp].self, from: json)[0].milliseconds
                    == milliseconds)
        }
        let json = try JSONEncoder().encode([Timestamp(milliseconds: 1_795_455_568_123)])
        #expect(String(decoding: json, as: UTF8.self) == #"["2026-11-23T17:39:28.123Z"]"#)
    }
}
