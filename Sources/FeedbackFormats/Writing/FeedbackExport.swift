public import Foundation

/// Writes feedback as lines of JSON, for other trainers and for backup.
///
/// Each case's raw value is its name in the control API and the control tool. Lines end without a
/// line break; keys are sorted, so the same feedback gives the same bytes.
public enum FeedbackExport: String, Codable, CaseIterable, Hashable, Sendable {
    /// TRL's preference pairs. A lone question stays a text; a conversation becomes message lists.
    /// An edit is written as the pair it is.
    case trl
    /// TRL's rated answers, for KTO.
    case trlUnpaired = "trl-unpaired"
    /// MetaAPO's reference code: message lists, and an online pair. Where there is none, the offline pair
    /// stands in its place, as that code expects.
    case metaAPO = "metaapo"
    /// Everything, retractions included: what `FeedbackStore.restore` takes.
    case attune

    /// The line for an entry, or nil when the format has no place for such feedback.
    ///
    /// - Parameter online: the pair that answers gave for the entry's prompt, if any; MetaAPO's only.
    public func line(
        for entry: FeedbackEntry, online: (chosen: String, rejected: String)? = nil
    ) throws -> Data? {
        if self == .attune { return try Self.encoder.encode(entry) }
        guard entry.retraction == nil else { return nil }
        let feedback = entry.feedback
        switch self {
        case .attune: return nil
        case .trl:
            guard feedback.kind.isPreference else { return nil }
            return try Self.encoder.encode(PairLine(feedback))
        case .trlUnpaired:
            guard feedback.kind == .rating else { return nil }
            return try Self.encoder.encode(RatedLine(feedback))
        case .metaAPO:
            guard feedback.kind.isPreference else { return nil }
            return try Self.encoder.encode(MetaAPOLine(feedback, online: online))
        }
    }

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()
}

/// A text, or messages: which of the two is decided for a whole line.
private enum Column: Encodable {
    case text(String)
    case messages([Message])

    init(answer: String, asText: Bool) {
        self = asText ? .text(answer) : .messages([.assistant(answer)])
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .text(let text): try text.encode(to: encoder)
        case .messages(let messages): try messages.encode(to: encoder)
        }
    }
}

extension Feedback {
    /// The question, when the prompt is nothing else; one that reads like a transcript would not come back
    /// as it was.
    fileprivate var loneQuestion: String? {
        guard prompt.count == 1, prompt[0].role == "user",
            Transcript.openPrompt(prompt[0].content) == nil
        else {
            return nil
        }
        return prompt[0].content
    }

    fileprivate var promptColumn: Column { loneQuestion.map { .text($0) } ?? .messages(prompt) }
}

private struct PairLine: Encodable {
    var prompt: Column
    var chosen: Column
    var rejected: Column

    init(_ feedback: Feedback) {
        let asText = feedback.loneQuestion != nil
        prompt = feedback.promptColumn
        chosen = Column(answer: feedback.chosen ?? "", asText: asText)
        rejected = Column(answer: feedback.rejected ?? "", asText: asText)
    }
}

private struct RatedLine: Encodable {
    var prompt: Column
    var completion: Column
    var label: Bool

    init(_ feedback: Feedback) {
        prompt = feedback.promptColumn
        completion = Column(
            answer: feedback.chosen ?? feedback.rejected ?? "",
            asText: feedback.loneQuestion != nil)
        label = feedback.chosen != nil
    }
}

private struct MetaAPOLine: Encodable {
    var prompt: [Message]
    var chosen: [Message]
    var rejected: [Message]
    var online_chosen: [Message]
    var online_rejected: [Message]

    init(_ feedback: Feedback, online: (chosen: String, rejected: String)?) {
        prompt = feedback.prompt
        chosen = [.assistant(feedback.chosen ?? "")]
        rejected = [.assistant(feedback.rejected ?? "")]
        online_chosen = [.assistant(online?.chosen ?? feedback.chosen ?? "")]
        online_rejected = [.assistant(online?.rejected ?? feedback.rejected ?? "")]
    }
}
