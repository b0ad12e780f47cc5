import Foundation
import Testing

/// The repository that this file lies in, as text.
enum SourceTree {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file below a top-level folder, in a fixed order.
    static func swiftFiles(in folder: String) -> [SourceFile] {
        paths(in: folder).filter { $0.hasSuffix(".swift") }.sorted().compactMap(SourceFile.init)
    }

    /// The names directly inside a folder, hidden ones left out.
    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { !$0.hasPrefix(".") }.sorted()
    }

    /// Every folder below a top-level folder.
    static func folders(in folder: String) -> [String] {
        paths(in: folder).filter { path in
            var isFolder: ObjCBool = false
            let full = root.appending(path: path).path
            return FileManager.default.fileExists(atPath: full, isDirectory: &isFolder)
                && isFolder.boolValue
        }
    }

    /// Everything below a folder, as paths from the root; hidden folders, such as a build's, are left out.
    private static func paths(in folder: String) -> [String] {
        let top = root.appending(path: folder).path
        let below = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String }
        return (below ?? []).filter { path in
            !path.hasPrefix(".") && !path.contains("/.")
        }.map { folder + "/" + $0 }
    }
}

/// One Swift file of the repository.
struct SourceFile: CustomTestStringConvertible, Sendable {
    /// From the root, such as `Sources/attuned/Attuned.swift`.
    let path: String
    let lines: [String]

    init?(path: String) {
        let url = SourceTree.root.appending(path: path)
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    var testDescription: String { path }

    /// The target it belongs to: the folder below `Sources` or `Tests`.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// The modules it imports.
    var imports: [String] { lines.compactMap(Self.module(importedBy:)) }

    /// The module a line imports, whatever the import's attributes, access level and kind.
    static func module(importedBy line: String) -> String? {
        let words = line.split(separator: " ").map(String.init)
        guard let keyword = words.firstIndex(of: "import"),
            words[..<keyword].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains($0) })
        else { return nil }
        let path = words[(keyword + 1)...].drop { kinds.contains($0) }.first
        return path?.split(separator: ".").first.map(String.init)
    }

    private static let accessLevels: Set = [
        "public", "package", "internal", "fileprivate", "private",
    ]
    private static let kinds: Set = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
    ]
}
