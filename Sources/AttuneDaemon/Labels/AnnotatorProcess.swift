import Foundation
import Glibc
import Logging

/// The annotator program while it runs, and the pipes to it.
///
/// Both pipes are non-blocking: a program that writes before it has read everything can never
/// lock up with the daemon.
final class AnnotatorProcess {
    private static let longestLine = 1 << 20

    private let pid: pid_t
    private let input: FileHandle
    private let output: FileHandle
    private var received = Data()
    private var inputHasEnded = false
    private var status: Int32?

    /// Writing to a program that has died is an error of that write, not the end of this process.
    private static let ignoresBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()

    init(command: [String], logger: Logger) throws(AnnotatorError) {
        Self.ignoresBrokenPipes
        let toProgram = Pipe()
        let fromProgram = Pipe()
        let fromErrors = Pipe()
        input = toProgram.fileHandleForWriting
        output = fromProgram.fileHandleForReading
        for pipe in [toProgram, fromProgram, fromErrors] {
            for handle in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
                _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
            }
        }
        pid = try Self.spawn(
            command, input: toProgram.fileHandleForReading,
            output: fromProgram.fileHandleForWriting, errors: fromErrors.fileHandleForWriting)
        for handle in [input, output] {
            let flags = fcntl(handle.fileDescriptor, F_GETFL)
            _ = fcntl(handle.fileDescriptor, F_SETFL, flags | O_NONBLOCK)
        }
        Self.log(fromErrors.fileHandleForReading, of: command[0], to: logger)
    }

    /// Ends the program, so that none outlives its annotator.
    deinit { kill() }

    /// Starts the program in a process group of its own, with the three pipes and no other
    /// descriptor of ours.
    ///
    /// Not Foundation's `Process`: it learns of a child's end through a socket that other children
    /// inherit, and then waits for those as well.
    private static func spawn(
        _ command: [String], input: FileHandle, output: FileHandle, errors: FileHandle
    ) throws(AnnotatorError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (descriptor, handle) in [input, output, errors].enumerated() {
            posix_spawn_file_actions_adddup2(
                &actions, handle.fileDescriptor, Int32(descriptor))
        }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETPGROUP))
        var arguments = command.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, command[0], &actions, &attributes, &arguments, environ)
        guard code == 0 else {
            throw .cannotStart(command[0], reason: String(cString: strerror(code)))
        }
        return child
    }

    /// The exit status of a program that has closed its output: it ends by itself within a second, or
    /// is ended.
    var exitStatus: Int32 {
        for _ in 0..<100 where !hasEnded { usleep(10_000) }
        kill()
        return status ?? SIGKILL
    }

    /// Ends the program and what it started; returns when it has ended.
    func kill() {
        guard !hasEnded else { return }
        _ = Glibc.kill(-pid, SIGKILL)
        reap(waiting: true)
    }

    private var hasEnded: Bool {
        if status == nil { reap(waiting: false) }
        return status != nil
    }

    /// Collects the ended program; its status is the exit code, or the signal that ended it.
    private func reap(waiting: Bool) {
        var raw: Int32 = 0
        var result: pid_t
        repeat {
            result = waitpid(pid, &raw, waiting ? 0 : WNOHANG)
        } while result == -1 && errno == EINTR
        if result == pid {
            let signal = raw & 0x7f
            status = signal == 0 ? (raw >> 8) & 0xff : signal
        } else if result == -1 {
            status = SIGKILL
        }
    }

    /// Writes all of `line`; a program that has closed its input is noticed by ``receive``.
    func send(
        _ line: Data, before deadline: inout ContinuousClock.Instant,
        _ whileWaiting: () throws -> Void
    ) throws {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                write(input.fileDescriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                return
            } else {
                try wait(for: CInt(POLLOUT), on: input, before: &deadline, whileWaiting)
            }
        }
    }

    /// Tells the program that nothing more is asked.
    func endInput() {
        try? input.close()
        inputHasEnded = true
    }

    /// The next line without its newline; nil when the program has closed its output.
    func receive(
        before deadline: inout ContinuousClock.Instant, _ whileWaiting: () throws -> Void
    ) throws -> Data? {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = received[..<end]
                received = Data(received[(end + 1)...])
                return Data(line)
            }
            guard received.count < Self.longestLine else {
                throw AnnotatorError.badReply(
                    line: String(decoding: received.prefix(80), as: UTF8.self),
                    reason: "it is longer than \(Self.longestLine) bytes")
            }
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = read(output.fileDescriptor, &buffer, buffer.count)
            if count > 0 {
                received.append(contentsOf: buffer[..<count])
            } else if count == 0 {
                // The last line of a program that was to end may lack its newline.
                guard inputHasEnded, !received.isEmpty else { return nil }
                defer { received = Data() }
                return received
            } else {
                try wait(for: CInt(POLLIN), on: output, before: &deadline, whileWaiting)
            }
        }
    }

    /// Waits a little for the pipe; what `whileWaiting` takes is no time of the program's.
    private func wait(
        for events: CInt, on handle: FileHandle, before deadline: inout ContinuousClock.Instant,
        _ whileWaiting: () throws -> Void
    ) throws {
        let began = ContinuousClock.now
        try whileWaiting()
        let now = ContinuousClock.now
        deadline += now - began
        var poller = pollfd(
            fd: handle.fileDescriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
        let isLate = now >= deadline
        if poll(&poller, 1, isLate ? 0 : 100) == 0, isLate { throw AnnotatorError.timedOut }
    }

    /// Logs what the program writes to its standard error, line by line, until nobody can write
    /// there any more; a line without end is cut at 4 KiB.
    ///
    /// On a thread of its own, which alone holds the pipe. Not `readabilityHandler`: its event
    /// source may still be delivered a hang-up while the pipe is closed, which crashes.
    private static func log(_ complaints: FileHandle, of program: String, to logger: Logger) {
        Thread.detachNewThread {
            var rest = Data()
            var buffer = [UInt8](repeating: 0, count: 4096)
            var hasEnded = false
            while !hasEnded {
                let count = read(complaints.fileDescriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                hasEnded = count <= 0
                rest.append(contentsOf: buffer[..<max(count, 0)])
                let lastLine = rest.lastIndex(of: UInt8(ascii: "\n"))
                let isCut = hasEnded || (lastLine == nil && rest.count > 4096)
                guard let end = isCut ? rest.endIndex : lastLine else { continue }
                for line in rest[..<end].split(separator: UInt8(ascii: "\n")) {
                    logger.notice(
                        "Annotator: \(String(decoding: line, as: UTF8.self))",
                        metadata: ["program": "\(program)"])
                }
                rest = Data(rest[end...])
            }
        }
    }
}
