import CSystemd
import Foundation

/// The listening sockets the service manager passed to this process.
///
/// - Source: sd_listen_fds(3): descriptors from 3 on, closed on exec, and the variables removed so
///   that children do not take them for theirs.
public enum PassedSockets {
    /// Takes the passed descriptors that listen on a Unix stream socket; the rest are an error.
    ///
    /// - Errors: ``SystemdError`` when the manager's variables are malformed, or when a descriptor
    ///   is of another kind.
    /// - Postconditions: a second call gives an empty list.
    public static func take() throws(SystemdError) -> [CInt] {
        let count = sd_listen_fds(1)
        guard count >= 0 else { throw .listenVariables(code: -count) }
        return try (0..<count).map { index throws(SystemdError) in
            let descriptor = 3 + index
            guard sd_is_socket_unix(descriptor, CInt(SOCK_STREAM.rawValue), 1, nil, 0) > 0 else {
                throw .notAListeningUnixSocket(descriptor: descriptor)
            }
            return descriptor
        }
    }
}

/// Why the service manager's hand-over could not be used.
public enum SystemdError: Error, Equatable, CustomStringConvertible {
    case listenVariables(code: CInt)
    case notAListeningUnixSocket(descriptor: CInt)

    public var description: String {
        switch self {
        case .listenVariables(let code):
            "cannot take the sockets passed by the service manager: \(String(cString: strerror(code)));"
                + " check LISTEN_PID and LISTEN_FDS"
        case .notAListeningUnixSocket(let descriptor):
            "cannot serve on passed descriptor \(descriptor): it is not a listening Unix stream"
                + " socket; use ListenStream= with a path in the .socket unit"
        }
    }
}
