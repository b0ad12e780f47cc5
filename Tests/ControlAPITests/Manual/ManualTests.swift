import Foundation
import Testing

@Suite struct ManualTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    /// With `ATTUNE_REGENERATE=1` in the environment the reference is written anew.
    @Test func attunectlsPageHoldsEveryCommandAndOption() throws {
        let path = "Systemd/man/attunectl.1.scd"
        let page = try text(path)
        let begin = try #require(page.range(of: "ATTUNE_REGENERATE=1.\n")?.upperBound)
        let end = try #require(page.range(of: "; end of commands\n")?.lowerBound)
        let reference = "\n" + CommandReference(tool: try ToolHelp.ofTool()).text + "\n\n"
        #expect(reference.contains("*attunectl label answer* _id_"))
        if ProcessInfo.processInfo.environment["ATTUNE_REGENERATE"] == "1" {
            let renewed = page.replacingCharacters(in: begin..<end, with: reference)
            try Data(renewed.utf8).write(to: Self.root.appending(path: path))
            return
        }
        #expect(
            page[begin..<end] == reference,
            "\(path) is out of date; run the tests with ATTUNE_REGENERATE=1")
    }

    @Test func theSettingsPageHoldsEveryKey() throws {
        let source = try text(
            "Sources/AttuneDaemon/Configuration/DaemonConfiguration+Settings.swift")
        let keys = source.matches(
            of: #/\.(?:text|integer|number|boolean|list|choice)\(\s*"([A-Za-z.]+)"/#
        ).map { String($0.1) }
        let page = try text("Systemd/man/attuned.yaml.5.scd")
        let section = try #require(
            page.range(of: "# SETTINGS\n").flatMap { start in
                page.range(of: "\n# FILES").map { page[start.upperBound..<$0.lowerBound] }
            })
        let documented = section.split(separator: "\n").filter { $0.hasPrefix("*") }
            .map { $0.filter { $0 != "*" && $0 != "\\" } }
        #expect(keys.count > 30)
        #expect(documented.sorted() == keys.sorted())
    }
}
