import AttuneDaemon
import ControlAPI
import Foundation
import Logging
import TestSupport
import Testing

/// A daemon of this process on a temporary state directory, answering on a live Unix socket.
struct TestDaemon: Sendable {
    let daemon: Daemon
    let client: ControlClient
    let socket: String

    /// Runs `body` against a daemon that is up, then shuts it down.
    static func run(
        configure: (inout DaemonConfiguration) -> Void = { _ in },
        policy: AccessPolicy = AccessPolicy(), keepingState directory: String? = nil,
        _ body: @Sendable (TestDaemon) async throws -> Void
    ) async throws {
        let state = directory ?? TemporaryDirectory.path()
        defer { if directory == nil { TemporaryDirectory.remove(state) } }
        var configuration = DaemonConfiguration()
        configuration.training.pace.busyPressure = 0  // The other tests are busy.
        configure(&configuration)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let daemon = try Daemon(
            LoadedConfiguration(configuration: configuration, sources: [:]),
            stateDirectory: state, logger: logger)
        let path = state + "/s.sock"
        let listener = try ListeningSocket(binding: path, group: nil)
        try await daemon.recover()
        let service = DaemonService(daemon: daemon, sockets: [listener], policy: policy)
        let test = TestDaemon(
            daemon: daemon, client: ControlClient(socketPath: path), socket: path)
        try await withThrowingTaskGroup { group in
            let gate = ShutdownGate()
            group.addTask { try await gate.run(service) }
            let result: Result<Void, any Error>
            do { result = .success(try await body(test)) } catch { result = .failure(error) }
            await gate.shutDown()
            try await group.waitForAll()
            try result.get()
        }
    }
}

extension TestDaemon {
    /// Makes the tiny model the one in use; its file stays in the folder.
    func useTinyModel(in folder: String) async throws {
        let path = folder + "/tiny.gguf"
        try TinyModel.gguf().write(to: URL(filePath: path))
        _ = try await daemon.models.add(path: path, name: "tiny")
        _ = try await daemon.models.use("tiny", daemon.checkpoints)
    }
}

/// Names in the temporary directory, short enough for a socket inside.
enum TemporaryDirectory {
    static func path() -> String {
        "/tmp/attune-" + String(UUID().uuidString.prefix(13))
    }

    static func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }
}
