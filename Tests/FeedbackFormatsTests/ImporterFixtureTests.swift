import FeedbackFormats
import Foundation
import Testing

/// Every known shape, good rows and bad: `Fixtures/<shape>` is imported and told row by row, which
/// must read as `Fixtures/<shape>.expected` does.
///
/// With `ATTUNE_REGENERATE=1` the expectations are written anew, to be read before they are committed.
@Suite struct ImporterFixtureTests {
    @Test(arguments: [
        "argilla.jsonl", "attune.jsonl", "broken.jsonl", "fastchat.jsonl", "hh-rlhf.jsonl",
        "llama-factory.json", "metaapo.jsonl", "open-webui.json", "openai.jsonl", "openrlhf.jsonl",
        "ranked.jsonl", "trl.jsonl", "trl-unpaired.jsonl", "ultrafeedback.json",
    ])
    func everyRowIsAccountedFor(_ name: String) throws {
        let told = try rows(inFile: Fixture.path(name)).map(\.told).joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["ATTUNE_REGENERATE"] == "1" {
            let folder = URL(filePath: #filePath).deletingLastPathComponent()
            try Data(told.utf8).write(to: folder.appending(path: "Fixtures/\(name).expected"))
            return
        }
        let expected = try String(contentsOfFile: Fixture.path("\(name).expected"), encoding: .utf8)
        #expect(told == expected)
    }
}

enum Fixture {
    static func path(_ name: String) -> String {
        Bundle.module.bundleURL.appending(path: "Fixtures/\(name)").path(percentEncoded: false)
    }
}

/// All rows of a file.
func rows(inFile path: String, maximumRowBytes: Int = 1 << 20) throws -> [ImportedRow] {
    var file = try FeedbackFile(path: path, maximumRowBytes: maximumRowBytes)
    var rows: [ImportedRow] = []
    while let row = try file.next() { rows.append(row) }
    return rows
}

/// All rows of bytes that arrive in pieces of the given size.
func rows(
    of bytes: [UInt8], pieces: Int = .max, maximumRowBytes: Int = 1 << 20
) -> [ImportedRow] {
    var importer = FeedbackImporter(maximumRowBytes: maximumRowBytes)
    var rows: [ImportedRow] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        importer.consume(Array(rest.prefix(pieces))) { rows.append($0) }
        rest = rest.dropFirst(pieces)
    }
    importer.finish { rows.append($0) }
    return rows
}

func rows(of text: String, pieces: Int = .max) -> [ImportedRow] {
    rows(of: Array(text.utf8), pieces: pieces)
}

extension ImportedRow {
    /// One line that says everything about the row.
    var told: String {
        let fact =
            switch result {
            case .failure(let refusal): "refused: \(refusal)"
            case .success(let feedback): feedback.told
            }
        return "line \(line) [\(format?.rawValue ?? "-")] \(fact)"
    }

    var refusal: FeedbackRefusal? {
        if case .failure(let refusal) = result { refusal } else { nil }
    }
    var feedback: Feedback? { try? result.get() }
}

extension Feedback {
    fileprivate var told: String {
        let turns = prompt.map { "\($0.role) \($0.content.debugDescription)" }
        let sides = [("chosen", chosen), ("rejected", rejected), ("source", source)]
            .compactMap { name, text in text.map { "\(name) \($0.debugDescription)" } }
        return "\(kind.rawValue): \((turns + sides).joined(separator: ", "))"
    }
}
