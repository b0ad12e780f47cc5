import Foundation
import LanguageModel

/// SmolLM2-135M-Instruct, which real-model tests need.
enum RealModel {
    static func load() throws -> Transformer {
        let environment = ProcessInfo.processInfo.environment
        let path = environment["ATTUNE_TEST_MODEL"] ?? defaultPath(environment)
        guard FileManager.default.fileExists(atPath: path) else { throw Missing(path: path) }
        return try Transformer(file: GGUFFile(path: path))
    }

    private static func defaultPath(_ environment: [String: String]) -> String {
        let cache =
            environment["XDG_CACHE_HOME"]
            ?? FileManager.default.homeDirectoryForCurrentUser.path + "/.cache"
        return cache + "/attune/models/SmolLM2-135M-Instruct.Q4_1.gguf"
    }

    struct Missing: Error, CustomStringConvertible {
        let path: String
        var description: String {
            "cannot test on the real model: \(path) does not exist; run Tools/fetch-model, "
                + "or set ATTUNE_TEST_MODEL"
        }
    }
}
