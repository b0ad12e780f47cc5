import Foundation

/// Where the daemon of this host listens when nobody says otherwise.
public enum SocketLocation {
    /// The path in `ATTUNE_SOCKET`; else the first socket that exists of the user's own instance and the system's; else
    /// the user's own, where `attuned run` would make it.
    public static func resolve() -> String {
        resolve(environment: ProcessInfo.processInfo.environment) {
            FileManager.default.fileExists(atPath: $0)
        }
    }

    /// - Parameter exists: Whether a file is at a path.
    package static func resolve(environment: [String: String], exists: (String) -> Bool) -> String {
        if let path = environment["ATTUNE_SOCKET"], !path.isEmpty { return path }
        let candidates = userSockets(environment) + [system]
        return candidates.first(where: exists) ?? candidates[0]
    }

    /// The system service's socket.
    public static let system = "/run/attune/attuned.sock"

    /// The places of a private instance: the runtime directory, then the state directory.
    private static func userSockets(_ environment: [String: String]) -> [String] {
        func directory(_ name: String) -> String? {
            environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        let state =
            directory("ATTUNE_STATE_DIR")
            ?? (directory("XDG_STATE_HOME")
                ?? (environment["HOME"] ?? "") + "/.local/state") + "/attune"
        let runtime = directory("XDG_RUNTIME_DIR").map { $0 + "/attune/attuned.sock" }
        return [runtime, state + "/attuned.sock"].compactMap(\.self)
    }
}
