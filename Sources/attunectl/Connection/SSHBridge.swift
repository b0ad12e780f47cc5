import ControlAPI
import Foundation
package import Subprocess
import Synchronization
import SystemPackage

/// A private socket on this host whose every connection is an ssh to another host's daemon.
///
/// An accepted connection's descriptor becomes ssh's standard output. Its standard input is copied, to join the head of
/// a request and its body: ssh sends each piece on its own, and TCP would hold the second one back for 40 ms, until the
/// far side has acknowledged the first (RFC 896). The socket lies in a directory only this user can enter, and goes when
/// the work is done.
package enum SSHBridge {
    /// Runs `work` with the path of a socket that leads to `target`.
    package static func open<Result>(
        to target: SSHTarget, by ssh: Executable = .name("ssh"),
        _ work: (String) async throws -> Result
    ) async throws -> Result {
        let directory = try PrivateDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/ssh.sock"
        let listener = try ListeningSocket(path: path)
        let complaints = Complaints()
        let connections = Mutex<[Task<Void, Never>]>([])
        Thread.detachNewThread {
            while let connection = listener.accept() {
                let task = Task { await serve(connection, target, ssh, complaints) }
                connections.withLock { $0.append(task) }
            }
        }
        defer { listener.close() }
        do {
            return try await work(path)
        } catch let error as ControlError where error.kind == .unreachable {
            for task in connections.withLock({ $0 }) { await ending(of: task) }
            complaints.write()
            throw error
        }
    }

    private static func serve(
        _ connection: Int32, _ target: SSHTarget, _ ssh: Executable, _ complaints: Complaints
    ) async {
        defer { close(connection) }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            return complaints.add("cannot run ssh: \(String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let (copied, end) = AsyncStream<Void>.makeStream()
        let feed = ends[1]
        Thread.detachNewThread {
            Relay.copy(from: connection, to: feed, patience: 1)
            close(feed)
            end.finish()
        }
        do {
            let result = try await Subprocess.run(
                ssh,
                arguments: Arguments(target.arguments(isAttended: Terminal.hasPerson)),
                input: .fileDescriptor(
                    FileDescriptor(rawValue: ends[0]), closeAfterSpawningProcess: true),
                output: .fileDescriptor(
                    FileDescriptor(rawValue: connection), closeAfterSpawningProcess: false),
                error: .string(limit: 64 << 10))
            if !result.terminationStatus.isSuccess { complaints.add(result.standardError) }
        } catch {
            complaints.add("cannot run ssh: \(error)")
        }
        // The client learns of the end, and the copying, which may be waiting for it, ends too.
        shutdown(connection, Int32(SHUT_RDWR))
        for await _ in copied {}
    }

    /// Waits for an ssh that is about to say why it failed, but not for ever: a task group would, since
    /// waiting for a task cannot be cancelled.
    private static func ending(of task: Task<Void, Never>) async {
        let (ends, end) = AsyncStream<Void>.makeStream()
        Task {
            await task.value
            end.finish()
        }
        Task {
            try? await Task.sleep(for: .seconds(2))
            end.finish()
        }
        for await _ in ends {}
    }
}

/// What ssh processes said on standard error before they failed, each thing once.
private final class Complaints: Sendable {
    private let texts = Mutex<[String]>([])

    func add(_ text: String) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        texts.withLock { if !text.isEmpty, !$0.contains(text) { $0.append(text) } }
    }

    func write() {
        for text in texts.withLock({ $0 }) { Terminal.writeError(text + "\n") }
    }
}
