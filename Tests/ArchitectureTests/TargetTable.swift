/// What each target may import: the arrows of the design, and nothing else.
enum TargetTable {
    /// Modules of this package.
    static let targets: [String: Set<String>] = [
        "LanguageModel": ["COpenBLAS", "CKernels"],
        "PreferenceLearning": ["LanguageModel"],
        "FeedbackStore": ["FeedbackFormats"],
        "FeedbackFormats": [],
        "CheckpointStore": [],
        "ControlAPI": ["CheckpointStore", "FeedbackFormats"],
        "SystemdSupport": ["CSystemd"],
        "AttuneDaemon": [
            "LanguageModel", "PreferenceLearning", "FeedbackStore", "FeedbackFormats",
            "CheckpointStore", "ControlAPI", "SystemdSupport",
        ],
        "attuned": ["AttuneDaemon"],
        "attunectl": ["ControlAPI", "CheckpointStore", "FeedbackFormats"],
        "CKernels": [], "COpenBLAS": [], "CSystemd": [],
    ]

    /// Modules of other packages.
    static let packages: [String: Set<String>] = [
        "FeedbackStore": ["GRDB", "Crypto"],
        "CheckpointStore": ["Crypto"],
        "ControlAPI": ["AsyncHTTPClient", "NIOCore", "NIOHTTP1"],
        "SystemdSupport": ["Logging"],
        "AttuneDaemon": [
            "Configuration", "Crypto", "HTTPTypes", "Hummingbird", "HummingbirdCore", "Logging",
            "NIOCore", "NIOPosix", "ServiceLifecycle", "UnixSignals",
        ],
        "attuned": ["ArgumentParser"],
        "attunectl": ["ArgumentParser", "Subprocess", "SystemPackage"],
    ]

    /// What the toolchain brings; allowed everywhere.
    static let platform: Set<String> = ["Dispatch", "Foundation", "Glibc", "Synchronization"]

    /// Every module that the target reaches, itself left out.
    static func closure(of target: String) -> Set<String> {
        var reached: Set<String> = []
        var open = [target]
        while let next = open.popLast() {
            for module in targets[next, default: []].union(packages[next, default: []])
            where reached.insert(module).inserted {
                open.append(module)
            }
        }
        return reached
    }
}
