import Foundation

/// The programs under test, as the build left them.
enum BuiltProgram {
    static let attuned = path("attuned")
    static let attunectl = path("attunectl")

    /// `$ATTUNE_BIN_DIR`, else the folder this test program lies in.
    static let folder: String = {
        if let given = ProcessInfo.processInfo.environment["ATTUNE_BIN_DIR"] { return given }
        let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return own.deletingLastPathComponent().path
    }()

    private static func path(_ name: String) -> String { folder + "/" + name }

    /// The repository, for its demo.
    static let repository = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The model that `Tools/fetch-model` fetches.
    static let model: String = {
        let environment = ProcessInfo.processInfo.environment
        if let given = environment["ATTUNE_TEST_MODEL"] { return given }
        let cache = environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache"
        return cache + "/attune/models/SmolLM2-135M-Instruct.Q4_1.gguf"
    }()
}
