import ControlAPI
import Foundation
import Testing

/// One host as the tests see it: a state directory, a socket, a daemon that may run, and the control tool.
final class Machine {
    let scratch: Scratch
    let state: String
    let socket: String
    private(set) var daemon: Child?

    var client: ControlClient { ControlClient(socketPath: socket) }

    /// A host with nothing on it yet; several may share a scratch directory.
    init(_ name: String = "host", in scratch: Scratch, socket: String? = nil) {
        self.scratch = scratch
        state = scratch.path + "/" + name
        self.socket = socket ?? scratch.path + "/" + name + ".sock"
    }

    /// A second instance on the state of another, with a socket of its own.
    init(sharing other: Machine, socket: String) {
        scratch = other.scratch
        state = other.state
        self.socket = scratch.path + "/" + socket
    }

    /// A host with a copy of a state whose daemon is down.
    convenience init(
        copying state: String, as name: String = "host", in scratch: Scratch
    ) throws {
        self.init(name, in: scratch)
        try FileManager.default.copyItem(atPath: state, toPath: self.state)
    }

    deinit {
        daemon?.signal(SIGKILL)
    }

    /// Starts the daemon and waits until it answers.
    ///
    /// - Parameters:
    ///   - settings: The configuration file's text.
    ///   - wrapper: A command that runs the daemon, by `exec`.
    func start(settings: String? = nil, model: String? = nil, wrapper: [String] = []) async throws {
        let notify = try NotifySocket(in: scratch)
        let child = try launch(settings, model, wrapper, notify)
        guard await notify.ready() else {
            child.signal(SIGKILL)
            throw DaemonDidNotStart(ending: await child.end(), errors: child.errors)
        }
        daemon = child
    }

    /// Starts a daemon that is expected to end by itself.
    func startExpectingEnd(settings: String? = nil, model: String? = nil) async throws -> Outcome {
        let notify = try NotifySocket(in: scratch)
        let child = try launch(settings, model, [], notify)
        if await notify.ready() { child.signal(SIGTERM) }
        return Outcome(ending: await child.end(), output: child.output, errors: child.errors)
    }

    private func launch(
        _ settings: String?, _ model: String?, _ wrapper: [String], _ notify: NotifySocket
    ) throws -> Child {
        let file = try scratch.file("settings", holding: settings ?? "")
        var command = wrapper + [BuiltProgram.attuned, "run", "--config", file.path]
        command += ["--state-dir", state, "--socket", socket]
        if let model { command += ["--model", model] }
        return try Child(
            command[0], Array(command.dropFirst()), in: scratch,
            environment: ["NOTIFY_SOCKET": notify.path, "OPENBLAS_CORETYPE": "auto"],
            onEnd: notify.daemonEnded)
    }

    /// Asks the daemon to stop and waits for it.
    @discardableResult
    func stop() async -> Child.Ending? {
        daemon?.signal(SIGTERM)
        return await ended()
    }

    /// Kills the daemon where it stands.
    func crash() async {
        daemon?.signal(SIGKILL)
        _ = await ended()
    }

    private func ended() async -> Child.Ending? {
        let ending = await daemon?.end()
        daemon = nil
        return ending
    }

    /// Runs the control tool on this host's daemon.
    func attunectl(_ arguments: String..., input: String? = nil) async throws -> Outcome {
        try await attunectl(arguments, input: input)
    }

    func attunectl(_ arguments: [String], input: String? = nil) async throws -> Outcome {
        try await run(BuiltProgram.attunectl, arguments + ["--socket", socket], input: input)
    }

    func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:],
        input: String? = nil
    ) async throws -> Outcome {
        let child = try Child(
            program, arguments, in: scratch, environment: environment, input: input)
        return Outcome(ending: await child.end(), output: child.output, errors: child.errors)
    }
}

/// A daemon ended instead of answering.
struct DaemonDidNotStart: Error, CustomStringConvertible {
    let ending: Child.Ending
    let errors: String

    var description: String { "the daemon did not start: \(ending)\n\(errors)" }
}
