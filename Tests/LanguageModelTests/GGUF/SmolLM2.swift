import Foundation
import LanguageModel

/// The real model that tests read: SmolLM2-135M-Instruct, Q4_1.
enum SmolLM2 {
    static var path: String {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["ATTUNE_TEST_MODEL"] { return path }
        let cache =
            environment["XDG_CACHE_HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path
            + "/.cache"
        return cache + "/attune/models/SmolLM2-135M-Instruct.Q4_1.gguf"
    }

    static func file() throws -> GGUFFile {
        guard FileManager.default.isReadableFile(atPath: path) else { throw Missing(path: path) }
        return try GGUFFile(path: path)
    }

    struct Missing: Error, CustomStringConvertible {
        var path: String
        var description: String {
            "cannot read the test model \(path): it is missing; run Tools/fetch-model"
        }
    }
}
