import AsyncHTTPClient
import CheckpointStore
import Foundation
import NIOCore

/// The daemon at the other end, as error messages name it.
struct ServerName: Sendable {
    let socketPath: String
    /// The address a person gave; the socket's path unless it lies on another host.
    let address: String
    /// Whether the daemon is of this host, so that advice about starting it makes sense.
    let isLocal: Bool

    /// Turns what the HTTP client throws into an error that says why and what to do.
    ///
    /// A `CheckpointError` comes from the body that is being sent, and is no fault of the daemon.
    func failure(_ error: any Error) -> any Error {
        switch error {
        case is CancellationError, is ControlError, is CheckpointError:
            return error
        case let error as IOError:
            return unreachable(errno: error.errnoCode)
        case let error as HTTPClientError:
            if error == .cancelled { return CancellationError() }
            if error == .deadlineExceeded || error == .readTimeout {
                return unreachable("it did not answer in time")
            }
            return unreachable("the connection ended before the answer did (\(error.description))")
        default:
            return unreachable("\(error)")
        }
    }

    func unreachable(_ reason: String) -> ControlError {
        ControlError(.unreachable, "cannot reach the daemon at \(address): \(reason); \(advice)")
    }

    func nonsense(_ detail: String) -> ControlError {
        ControlError(
            .internalError,
            "cannot understand the daemon at \(address): \(detail); "
                + "check that both sides are of the same release")
    }

    private func unreachable(errno code: Int32) -> ControlError {
        switch code {
        case ENOENT:
            unreachable("there is no socket")
        case ECONNREFUSED:
            unreachable("nobody listens on the socket, its daemon is gone")
        case EACCES, EPERM:
            ControlError(
                .unreachable,
                "cannot reach the daemon at \(address): this user may not open the socket; "
                    + "join the group that owns it, or run as its owner")
        default:
            unreachable(String(cString: strerror(code)))
        }
    }

    private var advice: String {
        isLocal
            ? "start it with `attuned run` or `systemctl start attuned`"
            : "check that attuned runs there and that attunectl is on its PATH"
    }
}
