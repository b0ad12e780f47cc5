import Foundation

/// The real model that tests use, as Tools/fetch-model leaves it.
enum TestModel {
    struct Missing: Error, CustomStringConvertible {
        var path: String
        var description: String {
            "cannot test with the real model: \(path) is missing; run Tools/fetch-model"
        }
    }

    static func path() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "") + "/.cache"
        let path =
            environment["ATTUNE_TEST_MODEL"]
            ?? cache + "/attune/models/SmolLM2-135M-Instruct.Q4_1.gguf"
        guard FileManager.default.isReadableFile(atPath: path) else { throw Missing(path: path) }
        return path
    }
}
