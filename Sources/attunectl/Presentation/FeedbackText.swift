package import ControlAPI
package import FeedbackFormats

/// Feedback in words.
package enum FeedbackText {
    package static func table(_ entries: [FeedbackEntry]) -> String {
        guard !entries.isEmpty else { return "no feedback" }
        var table = Table("id", "kind", "added", "", "prompt", "chosen", "rejected")
        for entry in entries {
            let feedback = entry.feedback
            table.add(
                entry.id, feedback.kind.rawValue, Format.time(entry.recordedAt), marks(entry),
                Format.excerpt(feedback.prompt.last?.content ?? "", width: 32),
                Format.excerpt(feedback.chosen ?? "-", width: 24),
                Format.excerpt(feedback.rejected ?? "-", width: 24))
        }
        return table.text
    }

    package static func entry(_ entry: FeedbackEntry) -> String {
        var facts = Facts()
        facts.add("id", entry.id)
        facts.add("kind", entry.feedback.kind.rawValue)
        facts.add("added", Format.time(entry.recordedAt))
        facts.add("source", entry.feedback.source.map(Format.printable))
        facts.add("held out", entry.heldOut ? "yes: it judges checkpoints" : nil)
        facts.add(
            "trained in",
            entry.trainedIn.isEmpty
                ? nil : "rounds " + entry.trainedIn.map(String.init).joined(separator: ", "))
        facts.add(
            "retracted",
            entry.retraction.map { retraction in
                Format.time(retraction.at) + (retraction.reason.map { ": \($0)" } ?? "")
            })
        facts.add("erased", entry.erasedAt.map { Format.time($0) })
        var parts = [facts.text] + entry.feedback.prompt.map(LabelText.turn)
        if let chosen = entry.feedback.chosen {
            parts.append(Paint.green("chosen:") + " " + Format.printable(chosen))
        }
        if let rejected = entry.feedback.rejected {
            parts.append(Paint.red("rejected:") + " " + Format.printable(rejected))
        }
        return parts.joined(separator: "\n\n")
    }

    package static func outcome(_ outcome: FeedbackOutcome) -> String {
        switch outcome.result {
        case .added: "added \(outcome.id ?? "")"
        case .duplicate: "already there: \(outcome.id ?? "")"
        case .refused: "refused: \(outcome.reason ?? "no reason given")"
        }
    }

    package static func tally(_ tally: ImportTally) -> String {
        "\(tally.file): \(tally.added) imported, \(tally.duplicates) duplicate, "
            + "\(tally.refused) refused"
    }

    private static func marks(_ entry: FeedbackEntry) -> String {
        if entry.erasedAt != nil { return "erased" }
        if entry.retraction != nil { return "retracted" }
        return entry.heldOut ? "held out" : ""
    }
}
