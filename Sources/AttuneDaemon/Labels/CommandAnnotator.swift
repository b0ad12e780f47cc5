import Foundation
import LanguageModel
package import Logging
package import PreferenceLearning

/// Has label requests answered by a program of the user's, which runs on or once for each request.
///
/// One JSON object a line: in `{"id","prompt":[{"role","content"}],"candidates":[…]}`, out
/// `{"id","scores":[…]}`, one score per candidate, higher is better. What the program writes to
/// standard error goes to the daemon's log. A program that dies is started again, once a request; one
/// that runs once for each request reads to the end of its input and is done. One that answers late or
/// wrongly is killed, so that no stale answer is ever taken for another's.
///
/// Used by the thread that runs rounds; waiting is cut into slices so that a pause is noticed.
package final class CommandAnnotator {
    private let command: [String]
    private let timeout: Duration
    private let runs: DaemonConfiguration.Annotator.Runs
    private let logger: Logger
    private var program: AnnotatorProcess?

    /// - Precondition: `command` is not empty.
    package init(
        command: [String], timeout: Duration, runs: DaemonConfiguration.Annotator.Runs = .on,
        logger: Logger
    ) {
        precondition(!command.isEmpty, "an annotator needs a program")
        self.command = command
        self.timeout = timeout
        self.runs = runs
        self.logger = logger
    }

    deinit {
        program?.kill()
    }

    /// Asks the program and waits for its answer.
    ///
    /// - Parameter whileWaiting: called at least ten times a second; what it throws ends the wait, and
    ///   the time it takes is added to the program's.
    /// - Errors: ``AnnotatorError``, or what `whileWaiting` throws; the program is killed then.
    package func annotate(
        _ request: LabelRequest, whileWaiting: () throws -> Void
    ) throws -> LabelAnswer {
        let line = try Self.encode(request)
        do {
            for attempt in 1... {
                let program = try running()
                var deadline = ContinuousClock.now + timeout
                try program.send(line, before: &deadline, whileWaiting)
                if runs == .onceEach { program.endInput() }
                if let reply = try program.receive(before: &deadline, whileWaiting) {
                    if runs == .onceEach {
                        // What it still has to do, it may do within a second.
                        _ = program.exitStatus
                        self.program = nil
                    }
                    return try Self.decode(reply, for: request)
                }
                self.program = nil
                let status = program.exitStatus
                guard attempt < 2 else { throw AnnotatorError.died(command[0], status: status) }
                logger.warning(
                    "The annotator died and is started again",
                    metadata: ["program": "\(command[0])", "status": "\(status)"])
            }
        } catch {
            program?.kill()
            program = nil
            throw error
        }
        preconditionFailure("the loop ends by returning or throwing")
    }

    private func running() throws -> AnnotatorProcess {
        if let program { return program }
        let started = try AnnotatorProcess(command: command, logger: logger)
        program = started
        return started
    }

    private struct Question: Encodable {
        var id: String
        var prompt: [ChatMessage]
        var candidates: [String]
    }

    private struct Reply: Decodable {
        var id: String
        var scores: [Double]
    }

    private static func encode(_ request: LabelRequest) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let question = Question(
            id: request.id, prompt: request.prompt, candidates: request.candidates)
        return try encoder.encode(question) + [UInt8(ascii: "\n")]
    }

    private static func decode(_ line: Data, for request: LabelRequest) throws -> LabelAnswer {
        let shown = String(decoding: line.prefix(200), as: UTF8.self)
        let reply: Reply
        do {
            reply = try JSONDecoder().decode(Reply.self, from: line)
        } catch let error as DecodingError {
            throw AnnotatorError.badReply(line: shown, reason: error.plainReason)
        }
        guard reply.id == request.id else {
            throw AnnotatorError.badReply(
                line: shown, reason: "it answers \(reply.id), but \(request.id) was asked")
        }
        guard reply.scores.count == request.candidates.count else {
            throw AnnotatorError.badReply(
                line: shown,
                reason: "\(reply.scores.count) scores for \(request.candidates.count) candidates")
        }
        guard reply.scores.allSatisfy(\.isFinite) else {
            throw AnnotatorError.badReply(line: shown, reason: "a score is not a finite number")
        }
        return .scores(reply.scores)
    }
}

/// Why the annotator program gave no usable answer.
package enum AnnotatorError: Error, Equatable, CustomStringConvertible {
    case cannotStart(String, reason: String)
    case died(String, status: Int32)
    case timedOut
    case badReply(line: String, reason: String)

    package var description: String {
        let remedy = "correct annotator.command, then `attunectl train resume`"
        return switch self {
        case .cannotStart(let program, let reason):
            "cannot start the annotator \(program): \(reason); \(remedy)"
        case .died(let program, let status):
            "cannot get an answer from the annotator \(program): it ended twice with status"
                + " \(status); see its lines in the log and \(remedy)"
        case .timedOut:
            "cannot get an answer from the annotator in time; raise annotator.timeoutSeconds or"
                + " \(remedy)"
        case .badReply(let line, let reason):
            "cannot read the annotator's answer \"\(line)\": \(reason); \(remedy)"
        }
    }
}
