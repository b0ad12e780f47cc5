import Foundation
import Synchronization

/// A program that runs beside the test; what it writes goes to files, so that it never waits for a reader.
///
/// Not Foundation's `Process`: that takes a child that closes inherited descriptors, as sshd does, for ended.
final class Child: Sendable {
    /// How a program ended.
    enum Ending: Hashable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)

        /// - Parameter status: What `waitpid` gave.
        init(status: Int32) {
            let signal = status & 0x7F
            self = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
        }
    }

    let processID: pid_t
    private let isRunning = Mutex(true)
    private let endings: AsyncStream<Ending>
    private let outputFile: URL
    private let errorFile: URL

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - environment: What it sees beside this process's own environment.
    ///   - onEnd: Called once, when it has ended.
    init(
        _ program: String, _ arguments: [String], in scratch: Scratch,
        environment: [String: String] = [:], input: String? = nil,
        onEnd: @escaping @Sendable () -> Void = {}
    ) throws {
        let inputFile = try input.map { try scratch.file("input", holding: $0).path }
        outputFile = try scratch.file("output")
        errorFile = try scratch.file("errors")
        processID = try Self.spawn(
            [program] + arguments, Self.environment(adding: environment),
            files: [inputFile ?? "/dev/null", outputFile.path, errorFile.path])
        let (endings, continuation) = AsyncStream.makeStream(of: Ending.self)
        self.endings = endings
        Thread.detachNewThread { [self] in
            var status: Int32 = 0
            while waitpid(processID, &status, 0) < 0, errno == EINTR {}
            isRunning.withLock { $0 = false }
            continuation.yield(Ending(status: status))
            continuation.finish()
            onEnd()
        }
    }

    func signal(_ signal: Int32) {
        isRunning.withLock { if $0 { kill(processID, signal) } }
    }

    /// Waits for its end. To be called once.
    func end() async -> Ending {
        for await ending in endings { return ending }
        return .killed(signal: 0)
    }

    var output: String { text(outputFile) }
    var errors: String { text(errorFile) }

    private func text(_ file: URL) -> String {
        (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }

    private static func environment(adding more: [String: String]) -> [String] {
        ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("ATTUNE_") && $0.key != "NOTIFY_SOCKET" }
            .merging(more) { $1 }
            .map { "\($0)=\($1)" }
    }

    /// Runs a command with the files as its descriptors 0, 1 and 2; all others of ours close on exec.
    private static func spawn(
        _ command: [String], _ environment: [String], files: [String]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, file) in files.enumerated() {
            posix_spawn_file_actions_addopen(
                &actions, Int32(descriptor), file, descriptor == 0 ? O_RDONLY : O_WRONLY, 0)
        }
        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, command[0], &actions, nil, &arguments, &variables)
        guard code == 0 else { throw ProgramNotStarted(program: command[0], code: code) }
        return child
    }
}

/// A program that could not be started.
struct ProgramNotStarted: Error, CustomStringConvertible {
    let program: String
    let code: Int32

    var description: String {
        "cannot start \(program): \(String(cString: strerror(code))); run `Tools/setup test`"
    }
}

/// What a program left that ran to its end.
struct Outcome: CustomStringConvertible {
    let ending: Child.Ending
    let output: String
    let errors: String

    /// The exit status; -1 when a signal ended it.
    var status: Int32 {
        if case .exited(let status) = ending { status } else { -1 }
    }

    var description: String { "\(ending)\n\(output)\n\(errors)" }
}
