import FeedbackFormats
import Foundation
import Testing

@Suite struct ImporterTests {
    static let row = #"{"prompt":"Q","chosen":"A","rejected":"B"}"#
    static let pair = Feedback.pair("Q", chosen: "A", rejected: "B")

    @Test(arguments: [
        "\(row)\n\(row)\n",
        "\(row)\n\(row)",
        "\u{FEFF}\(row)\r\n\(row)\r\n",
        "\n\n  \n\(row)\n\t\n\n\(row)\n\n",
        "[\(row),\(row)]",
        "\u{FEFF} \n [ \(row) , \n\n \(row) \n ] \n",
    ])
    func linesAndArraysReadAlike(_ text: String) {
        #expect(rows(of: text).map(\.feedback) == [Self.pair, Self.pair])
    }

    @Test func emptyInputHasNoRows() {
        for text in ["", "\n", " \r\n\t", "[]", " [ \n ] \n", "\u{FEFF}", "\u{FEFF}[]"] {
            #expect(rows(of: text).isEmpty, "\(text.debugDescription)")
        }
    }

    @Test func whereTheStreamIsCutDoesNotMatter() throws {
        for name in ["open-webui.json", "llama-factory.json", "broken.jsonl", "hh-rlhf.jsonl"] {
            let bytes = Array(try Data(contentsOf: URL(filePath: Fixture.path(name))))
            let whole = rows(of: bytes)
            for size in [1, 2, 3, 7, 64, 1000] { #expect(rows(of: bytes, pieces: size) == whole) }
        }
        let marked = "\u{FEFF}\(Self.row)\r\n"
        #expect(rows(of: marked, pieces: 1).map(\.feedback) == [Self.pair])
    }

    @Test func linesAreCountedFromTheFilesBeginning() {
        #expect(rows(of: "\n\u{20}\n\(Self.row)\r\n\r\n{}\n").map(\.line) == [3, 5])
        #expect(rows(of: "[\n{\n},\n\n\(Self.row)\n]\n x").map(\.line) == [2, 5, 7])
    }

    @Test func overlongRowsAreRefusedAndSkipped() {
        let long = #"{"prompt":""# + String(repeating: "x", count: 5000) + #""}"#
        for text in ["\(long)\n\(Self.row)\n\(long)", "[\(long),\(Self.row), \(long)]"] {
            for pieces in [1, 100, 100_000] {
                let rows = rows(of: Array(text.utf8), pieces: pieces, maximumRowBytes: 1000)
                #expect(
                    rows.map(\.refusal) == [
                        .rowTooLong(limit: 1000), nil, .rowTooLong(limit: 1000),
                    ])
                #expect(rows[1].feedback == Self.pair)
            }
        }
    }

    @Test func aRowOfExactlyTheLimitIsTaken() {
        let bytes = Array(Self.row.utf8)
        #expect(rows(of: bytes, maximumRowBytes: bytes.count)[0].feedback == Self.pair)
        #expect(rows(of: bytes, maximumRowBytes: bytes.count - 1)[0].feedback == nil)
    }

    @Test func invalidUTF8IsRefusedRowByRow() {
        var bytes = Array(#"{"prompt":"Q","chosen":"A","rejected":""#.utf8) + [0xFF, 0xFE]
        bytes += Array("\"}\n\(Self.row)\n".utf8)
        let rows = rows(of: bytes)
        #expect(rows.map(\.refusal) == [.invalidUTF8, nil])
    }

    @Test func aBrokenArrayIsNeverSilent() {
        let cut = rows(of: "[\(Self.row),\(Self.row.dropLast(4))")
        #expect(cut.count == 3)
        #expect(cut[0].feedback == Self.pair)
        #expect(
            cut[1...].allSatisfy { $0.refusal?.description.hasPrefix("not valid JSON") == true })
        #expect(rows(of: "[\(Self.row),]").map { $0.feedback != nil } == [true, false])
        #expect(rows(of: "[,\(Self.row)]").map { $0.feedback != nil } == [false, true])
        #expect(rows(of: "[\(Self.row)] trailing [1]").map { $0.feedback != nil } == [true, false])
        #expect(rows(of: "[").count == 1)
    }

    @Test func bracketsAndCommasInsideTextsDoNotCut() {
        let text = #"[{"prompt":"a\"],[{","chosen":"},{\\","rejected":"]"}]"#
        #expect(
            rows(of: text).map(\.feedback) == [
                .pair("a\"],[{", chosen: "},{\\", rejected: "]")
            ])
    }

    @Test func deepNestingIsRefusedNotACrash() {
        let deep = String(repeating: "[", count: 200_000) + String(repeating: "]", count: 200_000)
        let rows = rows(of: "\(Self.row)\n{\"prompt\":\(deep)}\n\(Self.row)\n")
        #expect(rows.map { $0.feedback != nil } == [true, false, true])
    }

    @Test func unknownShapesNameTheirKeys() {
        #expect(
            rows(of: #"{"question":"Q","answer":null}"#)[0].refusal
                == .unknownShape(keys: ["answer", "question"]))
    }

    /// Truncated and bit-flipped fixtures: whatever comes, each row is read or refused, and nothing traps.
    @Test func damagedInputNeverTraps() throws {
        var generator = SplitMix(seed: 41)
        for name in ["open-webui.json", "hh-rlhf.jsonl", "fastchat.jsonl", "openai.jsonl"] {
            let bytes = Array(try Data(contentsOf: URL(filePath: Fixture.path(name))))
            for trial in 0..<300 {
                var damaged = Array(
                    bytes.prefix(Int.random(in: 1...bytes.count, using: &generator)))
                for _ in 0..<(trial % 8) {
                    let index = Int.random(in: damaged.indices, using: &generator)
                    damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                }
                for row in rows(of: damaged) {
                    #expect((row.feedback == nil) != (row.refusal == nil))
                    if let feedback = row.feedback { #expect(feedback.refusal == nil) }
                }
            }
        }
    }

    @Test func ratingsOfSiblingsMakeAPairInEitherOrder() throws {
        let data = try Data(contentsOf: URL(filePath: Fixture.path("open-webui.json")))
        let text = String(decoding: data, as: UTF8.self)
        let all = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        for order in [[0, 1], [1, 0]] {
            let lines = try order.map {
                String(decoding: try JSONSerialization.data(withJSONObject: all[$0]), as: UTF8.self)
            }
            let facts: [Feedback] = rows(of: lines.joined(separator: "\n")).compactMap(\.feedback)
            let pairs = facts.filter { $0.kind == .pair }
            #expect(pairs == [.pair("Name a cheese.", chosen: "Gouda.", rejected: "Bread.")])
        }
    }
}

/// A small seeded generator, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
