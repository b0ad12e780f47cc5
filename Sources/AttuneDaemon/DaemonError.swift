import Foundation

/// Why the daemon could not start or keep running.
package enum DaemonError: Error, Equatable, CustomStringConvertible {
    case stateDirectory(path: String, reason: String)
    case alreadyRunning(stateDirectory: String, pid: Int32?)
    case socketInUse(path: String)
    case socketPath(path: String, reason: String)
    case socketDirectory(path: String, reason: String)
    case socketGroup(path: String, reason: String)
    case configuration(ConfigurationError)

    package var description: String {
        switch self {
        case .stateDirectory(let path, let reason):
            "cannot use the state directory \(path): \(reason); choose one this user owns with"
                + " --state-dir"
        case .alreadyRunning(let directory, let pid):
            "cannot start: \(pid.map { "process \($0)" } ?? "another process") already serves the"
                + " state directory \(directory); stop it first or choose another with --state-dir"
        case .socketInUse(let path):
            "cannot listen on \(path): another process answers there; stop it first or choose"
                + " another path with --socket"
        case .socketPath(let path, let reason):
            "cannot listen on \(path): \(reason); choose another path with --socket"
        case .socketDirectory(let path, let reason):
            "cannot make the socket's directory \(path) as it must be: \(reason); choose another with"
                + " --socket, or a `group` that this user belongs to"
        case .socketGroup(let path, let reason):
            "cannot give the socket \(path) to its group: \(reason); set `group` to one that this"
                + " user belongs to"
        case .configuration(let error):
            error.description
        }
    }
}
