package import ArgumentParser
import CheckpointStore
import ControlAPI

/// The options that every command takes.
package struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket, on this host or the one that --host names.",
            discussion: "Otherwise ATTUNE_SOCKET, your own instance, then the system's.",
            valueName: "path"))
    package var socket: String?

    @Option(
        help: ArgumentHelp(
            "Another host's daemon: ssh://user@host[:port] or unix:///path.", valueName: "address"))
    package var host: String?

    @Flag(help: "Write JSON: one object, or one a line for lists and streams.")
    package var json = false

    @Flag(name: .shortAndLong, help: "No progress and no notes.")
    package var quiet = false

    package init() {}

    package func validate() throws {
        guard let host else { return }
        switch try peerAddress(host) {
        case .ssh: break
        case .unix:
            if socket != nil {
                throw ValidationError("--socket and --host unix:// both name a socket; give one")
            }
        case .directory, .rclone:
            throw ValidationError("no daemon is there; use ssh://user@host or unix:///path")
        }
    }

    var output: Output { Output(json: json, quiet: quiet) }

    /// Runs `work` with a client of the daemon that the options name.
    func connected<Result>(_ work: (ControlClient) async throws -> Result) async throws -> Result {
        guard let host else {
            return try await work(ControlClient(socketPath: socket ?? SocketLocation.resolve()))
        }
        return try await Self.connected(to: PeerAddress(host), socket: socket, work)
    }

    /// Runs `work` with a client of the daemon at an address.
    ///
    /// - Parameter socket: The path of the socket on an ssh host, if it is not where that host's tool would look.
    static func connected<Result>(
        to address: PeerAddress, socket: String?, _ work: (ControlClient) async throws -> Result
    ) async throws -> Result {
        switch address {
        case .ssh(let user, let host, let port):
            let target = SSHTarget(user: user, host: host, port: port, socket: socket)
            return try await SSHBridge.open(to: target) { path in
                try await work(ControlClient(socketPath: path, address: address.description))
            }
        case .unix(let path):
            return try await work(ControlClient(socketPath: path))
        case .directory, .rclone:
            throw ControlError(
                .invalidRequest, "cannot use \(address) as a daemon: it only keeps things")
        }
    }
}

/// A peer's address from the command line; a malformed one is a usage error.
func peerAddress(_ text: String) throws -> PeerAddress {
    do {
        return try PeerAddress(text)
    } catch let error as CheckpointError {
        throw ValidationError(error.description)
    }
}
