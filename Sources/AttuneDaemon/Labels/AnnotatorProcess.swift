import Foundation
import Logging
import Synchronization

/// The annotator program while it runs, and the pipes to it.
///
/// Both pipes are non-blocking: a program that writes before it has read everything can never
/// lock up with the daemon.
final class AnnotatorProcess {
    private static let longestLine = 1 << 20

    private let process = Process()
    private let input: FileHandle
    private let output: FileHandle
    private var received = Data()

    /// Writing to a program that has died is an error of that write, not the end of this process.
    private static let ignoresBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()

    init(command: [String], logger: Logger) throws(AnnotatorError) {
        Self.ignoresBrokenPipes
        let toProgram = Pipe()
        let fromProgram = Pipe()
        let complaints = Pipe()
        input = toProgram.fileHandleForWriting
        output = fromProgram.fileHandleForReading
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["--"] + command
        process.standardInput = toProgram
        process.standardOutput = fromProgram
        process.standardError = complaints
        do {
            try process.run()
        } catch {
            throw .cannotStart(command[0], reason: error.localizedDescription)
        }
        for handle in [input, output] {
            let flags = fcntl(handle.fileDescriptor, F_GETFL)
            _ = fcntl(handle.fileDescriptor, F_SETFL, flags | O_NONBLOCK)
        }
        Self.log(complaints.fileHandleForReading, of: command[0], to: logger)
    }

    /// The exit status of a program that has closed its output: it ends by itself within a second, or
    /// is ended.
    var exitStatus: Int32 {
        for _ in 0..<100 where process.isRunning { usleep(10_000) }
        kill()
        process.waitUntilExit()
        return process.terminationStatus
    }

    func kill() {
        guard process.isRunning else { return }
        _ = Foundation.kill(process.processIdentifier, SIGKILL)
    }

    /// Writes all of `line`; a program that has closed its input is noticed by ``receive``.
    func send(
        _ line: Data, before deadline: ContinuousClock.Instant, _ whileWaiting: () throws -> Void
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
                try wait(for: CInt(POLLOUT), on: input, before: deadline, whileWaiting)
            }
        }
    }

    /// The next line without its newline; nil when the program has closed its output.
    func receive(
        before deadline: ContinuousClock.Instant, _ whileWaiting: () throws -> Void
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
                return nil
            } else {
                try wait(for: CInt(POLLIN), on: output, before: deadline, whileWaiting)
            }
        }
    }

    private func wait(
        for events: CInt, on handle: FileHandle, before deadline: ContinuousClock.Instant,
        _ whileWaiting: () throws -> Void
    ) throws {
        try whileWaiting()
        guard ContinuousClock.now < deadline else { throw AnnotatorError.timedOut }
        var poller = pollfd(
            fd: handle.fileDescriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
        _ = poll(&poller, 1, 100)
    }

    /// Logs the program's complaints line by line; a line without end is cut at 4 KiB.
    private static func log(_ handle: FileHandle, of program: String, to logger: Logger) {
        let rest = Mutex(Data())
        handle.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            let lines = rest.withLock { rest in
                rest.append(data)
                let isCut = data.isEmpty || rest.count > 4096
                let end = isCut ? rest.endIndex : rest.lastIndex(of: UInt8(ascii: "\n"))
                guard let end else { return [Data]() }
                defer { rest = Data(rest[end...]) }
                return rest[..<end].split(separator: UInt8(ascii: "\n")).map { Data($0) }
            }
            for line in lines {
                logger.notice(
                    "Annotator: \(String(decoding: line, as: UTF8.self))",
                    metadata: ["program": "\(program)"])
            }
        }
    }
}
