import Foundation
import Testing

@Suite("The tree keeps its shape")
struct LayoutTests {
    static let swiftFiles = ["Sources", "Tests"].flatMap(SourceTree.swiftFiles)

    @Test func topLevelFoldersAreFixed() throws {
        let folders: Set = ["Sources", "Tests", "Systemd", "Schemas", "Tools"]
        let files: Set = [
            "Package.swift", "Package.resolved", "README.md", "CHANGELOG.md", "CONTRIBUTING.md",
            "LICENSE",
        ]
        let found = Set(try SourceTree.names(in: "."))
        #expect(found.isSuperset(of: folders), "a folder of the design is missing")
        #expect(found.subtracting(folders).subtracting(files).isEmpty)
    }

    @Test func noFolderIsNamedAfterNothing() {
        let empty: Set = [
            "utils", "utilities", "common", "helpers", "shared", "manager", "managers", "misc",
        ]
        let tops = ["Sources", "Tests", "Systemd", "Schemas", "Tools"]
        for folder in tops.flatMap(SourceTree.folders) {
            let name = folder.split(separator: "/").last?.lowercased() ?? ""
            #expect(!empty.contains(name), "\(folder) says nothing about what it holds")
        }
    }

    @Test("No file grows past five hundred lines", arguments: swiftFiles)
    func filesStaySmall(file: SourceFile) {
        #expect(file.lines.count <= 500)
    }

    @Test("Every unchecked Sendable carries its proof", arguments: swiftFiles)
    func uncheckedSendableIsExplained(file: SourceFile) {
        let claim = "@unchecked " + "Sendable"
        for (index, line) in file.lines.enumerated() where line.contains(claim) {
            #expect(
                Self.isExplained(index, of: file.lines),
                "\(file.path):\(index + 1) says why in no comment")
        }
    }

    /// Whether the line ends with a comment, or the comment right above it speaks of `Sendable`.
    private static func isExplained(_ index: Int, of lines: [String]) -> Bool {
        let above = lines[..<index].reversed().prefix {
            $0.drop(while: \.isWhitespace).hasPrefix("//")
        }
        return lines[index].contains("// ") || above.contains { $0.contains("Sendable") }
    }
}
