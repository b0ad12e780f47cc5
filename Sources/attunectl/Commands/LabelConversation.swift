import ControlAPI
package import FeedbackFormats
import Foundation

/// Asks a person one open label request after another in the terminal.
struct LabelConversation {
    let client: ControlClient

    private static let help = """
        two letters   the best, then the worst: `ac`
        edit, letter   improve that candidate in your editor: `edit b`
        n             none is any good
        s             skip this one
        w             why this was asked
        q             stop
        """

    func run() async throws {
        while true {
            let next = try await client.send(ControlRoutes.nextLabel)
            guard let label = next.label else {
                return Terminal.write("No open questions. Thank you.\n")
            }
            Terminal.write("\n\(next.open) open\n\(LabelText.label(label))\n\n")
            guard try await settle(label) else { return }
        }
    }

    /// Asks until the request is closed; returns false if the person wants to stop.
    private func settle(_ label: LabelReport) async throws -> Bool {
        while true {
            Terminal.write("best and worst (? for help): ")
            guard let line = readLine() else {
                Terminal.write("\n")
                return false
            }
            switch LabelReply(line, candidateCount: label.candidates.count) {
            case .verdict(let verdict):
                try await close(label, ControlRoutes.answerLabel, verdict)
                return true
            case .edit(let candidate):
                guard let text = try TextEditor.edit(label.candidates[candidate]) else {
                    Terminal.write("unchanged\n")
                    continue
                }
                try await close(
                    label, ControlRoutes.answerLabel, .edited(text, candidate: candidate))
                return true
            case .skip:
                _ = try await client.send(ControlRoutes.skipLabel, at: label.id)
                return true
            case .why:
                Terminal.write(LabelText.why(label) + "\n")
            case .stop:
                return false
            case .unclear(let hint):
                Terminal.write("\(hint)\n\(Self.help)\n")
            }
        }
    }

    /// Sends a verdict; that someone else was faster is no failure.
    private func close(
        _ label: LabelReport, _ route: Endpoint<LabelVerdict, LabelReport>, _ verdict: LabelVerdict
    ) async throws {
        do {
            _ = try await client.send(route, verdict, at: label.id)
        } catch let error as ControlError where error.kind == .conflict {
            Terminal.write(error.message + "\n")
        }
    }
}

/// What a person typed at a label request.
package enum LabelReply: Equatable {
    case verdict(LabelVerdict)
    case edit(candidate: Int)
    case skip, why, stop
    case unclear(String)

    package init(_ line: String, candidateCount: Int) {
        let words = line.lowercased().split(whereSeparator: \.isWhitespace)
        switch words.joined(separator: " ") {
        case "n": self = .verdict(.bothBad)
        case "s": self = .skip
        case "w": self = .why
        case "q": self = .stop
        case "", "?": self = .unclear("")
        default:
            self =
                words[0] == "edit"
                ? Self.edit(words.dropFirst().joined(), candidateCount)
                : Self.ranking(words.joined(), candidateCount)
        }
    }

    private static func edit(_ name: String, _ count: Int) -> LabelReply {
        guard let candidate = CandidateName(argument: name)?.index, candidate < count else {
            return .unclear("there is no candidate `\(name)`")
        }
        return .edit(candidate: candidate)
    }

    private static func ranking(_ letters: String, _ count: Int) -> LabelReply {
        let indices = letters.compactMap { CandidateName(argument: String($0))?.index }
        guard letters.count == 2, indices.count == 2 else {
            return .unclear("`\(letters)` is not understood")
        }
        let verdict = LabelVerdict.ranking(best: indices[0], worst: indices[1])
        return verdict.fault(candidateCount: count).map(LabelReply.unclear) ?? .verdict(verdict)
    }
}
