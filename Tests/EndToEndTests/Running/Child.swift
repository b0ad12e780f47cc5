import Foundation

/// A program that runs beside the test; what it writes goes to files, so that it never waits for a reader.
final class Child {
    /// How a program ended.
    enum Ending: Hashable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    private let process = Process()
    private let endings: AsyncStream<Ending>
    private var ending: Ending?
    private let outputFile: URL
    private let errorFile: URL

    var processID: Int32 { process.processIdentifier }

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
        outputFile = try scratch.file("output")
        errorFile = try scratch.file("errors")
        let (endings, continuation) = AsyncStream.makeStream(of: Ending.self)
        self.endings = endings
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("ATTUNE_") && $0.key != "NOTIFY_SOCKET" }
            .merging(environment) { $1 }
        process.standardInput =
            try input.map { text in
                let file = try scratch.file("input", holding: text)
                return try FileHandle(forReadingFrom: file)
            } ?? FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        process.terminationHandler = { process in
            let status = process.terminationStatus
            let signalled = process.terminationReason == .uncaughtSignal
            continuation.yield(signalled ? .killed(signal: status) : .exited(status))
            continuation.finish()
            onEnd()
        }
        try process.run()
    }

    deinit {
        if process.isRunning { kill(processID, SIGKILL) }
    }

    func signal(_ signal: Int32) { kill(processID, signal) }

    /// Waits for its end.
    func end() async -> Ending {
        for await ending in endings { self.ending = ending }
        return ending ?? .killed(signal: 0)
    }

    var output: String { text(outputFile) }
    var errors: String { text(errorFile) }

    private func text(_ file: URL) -> String {
        (try? String(contentsOf: file, encoding: .utf8)) ?? ""
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
