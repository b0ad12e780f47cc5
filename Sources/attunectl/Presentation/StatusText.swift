package import ControlAPI
import Foundation

/// The daemon's own state in words.
package enum StatusText {
    package static func status(_ status: StatusReport) -> String {
        var facts = Facts()
        facts.add(
            "daemon",
            "\(status.version), pid \(status.pid), up \(Format.duration(status.uptimeSeconds))")
        facts.add("state", status.stateDirectory)
        facts.add("host", Format.host(status.host))
        facts.add("model", status.model.map { "\($0.name) (\($0.architecture))" } ?? "none")
        facts.add("head", status.head.map(head) ?? "none: the model as it came")
        facts.add("feedback", feedback(status.feedback))
        facts.add("labels", labels(status.labels))
        facts.add("training", training(status.training))
        facts.add(
            "disk",
            "\(Format.bytes(status.disk.used)) used, \(Format.bytes(status.disk.available)) free")
        facts.add(
            "memory",
            "\(Format.bytes(status.memory.resident)), peak \(Format.bytes(status.memory.peak))")
        return facts.text
    }

    package static func training(_ status: TrainingStatus) -> String {
        var text = status.state.rawValue
        if let round = status.round { text += ", round \(round)" }
        if let progress = status.progress { text += ": \(ProgressDisplay.summary(progress))" }
        if let reason = status.slowedBy { text += "; slower, since \(reason)" }
        if let next = status.nextRoundAt { text += ", next round \(Format.time(next))" }
        return text
    }

    package static func checks(_ checks: [Check]) -> String {
        let width = checks.map(\.name.count).max() ?? 0
        return checks.map { check in
            let name = check.name.padding(toLength: width, withPad: " ", startingAt: 0)
            let line = "\(mark(check.state))  \(name)  \(check.found)"
            return check.advice.map { "\(line)\n         → \($0)" } ?? line
        }
        .joined(separator: "\n")
    }

    package static func configuration(_ report: ConfigurationReport) -> String {
        var table = Table("setting", "value", "from")
        for setting in report.settings {
            table.add(setting.key, setting.value, setting.source.rawValue)
        }
        return "file: \(report.file ?? "none")\n\n\(table.text)"
    }

    private static func mark(_ state: Check.State) -> String {
        switch state {
        case .ok: Paint.green("ok     ")
        case .warning: Paint.yellow("warning")
        case .failed: Paint.red("failed ")
        }
    }

    private static func head(_ head: HeadSummary) -> String {
        let origin = head.round.map { "round \($0)" } ?? "from \(head.origin)"
        return "\(Format.id(head.checkpoint)), \(origin), since \(Format.time(head.promotedAt))"
    }

    private static func feedback(_ counts: FeedbackCounts) -> String {
        let kinds = [
            (counts.pairs, "pairs"), (counts.edits, "edits"), (counts.ratings, "ratings"),
            (counts.ties, "ties"),
        ]
        .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        var text = "\(counts.total)"
        if !kinds.isEmpty { text += " (\(kinds.joined(separator: ", ")))" }
        text += "; \(counts.untrained) not trained on yet, "
        if counts.tooLong > 0 { text += "\(counts.tooLong) too long to train on, " }
        return text + "\(counts.heldOut) held out, \(counts.retracted) retracted"
    }

    private static func labels(_ counts: LabelCounts) -> String {
        "\(counts.open) open, \(counts.answered) answered, \(counts.skipped) skipped, "
            + "\(counts.expired) expired; asked \(counts.askedToday) of \(counts.dailyLimit) today"
            + repeats(counts)
    }

    private static func repeats(_ counts: LabelCounts) -> String {
        guard let agreeing = counts.agreeing, let differing = counts.differing else { return "" }
        return "; \(agreeing) of \(agreeing + differing) answered alike when asked again"
    }
}
