import Testing

@Suite("Imports follow the design's arrows")
struct ImportTests {
    @Test(
        "Every source file imports only what its target may",
        arguments: SourceTree.swiftFiles(in: "Sources"))
    func importsAreAllowed(file: SourceFile) throws {
        let own = try #require(
            TargetTable.targets[file.target], "\(file.target) is not in the design's table")
        let allowed = own.union(TargetTable.packages[file.target, default: []])
            .union(TargetTable.platform)
        let others = Set(file.imports).subtracting(allowed)
        #expect(others.isEmpty, "\(file.path) may not import \(others.sorted())")
    }

    @Test func everyTargetOfTheTableExists() throws {
        #expect(try SourceTree.names(in: "Sources") == TargetTable.targets.keys.sorted())
    }

    @Test func noTargetReachesItself() {
        for target in TargetTable.targets.keys {
            #expect(!TargetTable.closure(of: target).contains(target), "\(target) is in a cycle")
        }
    }

    @Test func theControlToolReachesNeitherModelNorDatabase() {
        let forbidden: Set = ["LanguageModel", "COpenBLAS", "CKernels", "GRDB", "FeedbackStore"]
        #expect(TargetTable.closure(of: "attunectl").isDisjoint(with: forbidden))
    }

    @Test("Tests see a target as other targets do", arguments: SourceTree.swiftFiles(in: "Tests"))
    func nothingIsImportedTestable(file: SourceFile) {
        let keyword = "@" + "testable"
        #expect(!file.lines.contains { $0.contains(keyword) })
    }

    @Test(
        "An import is found in every form",
        arguments: [
            ("import GRDB", "GRDB"), ("public import Foundation", "Foundation"),
            ("@preconcurrency internal import Crypto", "Crypto"),
            ("import struct Foundation.URL", "Foundation"), ("// import GRDB", nil),
            ("let word = \"import\"", nil),
        ])
    func importsAreFound(line: String, module: String?) {
        #expect(SourceFile.module(importedBy: line) == module)
    }
}
