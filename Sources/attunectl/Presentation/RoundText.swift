package import ControlAPI

/// Rounds and the gate's decisions in words.
package enum RoundText {
    package static func table(_ rounds: [RoundReport]) -> String {
        guard !rounds.isEmpty else { return "no rounds yet" }
        var table = Table(
            "round", "state", "started", ">took", ">items", ">asks", "gate", "checkpoint")
        for round in rounds {
            let items = round.items
            table.add(
                "\(round.id)", round.state.rawValue, Format.time(round.startedAt),
                Format.duration(round.seconds), "\(items.paired + items.offline + items.online)",
                "\(round.asks)", round.gate.map { verdict($0.verdict) } ?? "-",
                round.checkpoint.map { Format.id($0) + (round.promoted ? " *" : "") } ?? "-")
        }
        return table.text
    }

    package static func round(_ round: RoundReport) -> String {
        var facts = Facts()
        facts.add("round", "\(round.id), \(round.state.rawValue)")
        facts.add("started", Format.time(round.startedAt))
        facts.add("took", Format.duration(round.seconds))
        facts.add("seed", "\(round.seed)")
        facts.add("trained on", items(round.items))
        facts.add("left out", leftOut(round.items))
        facts.add("asked", asked(round))
        facts.add("from", Format.id(round.start))
        facts.add("against", Format.id(round.reference))
        facts.add(
            "checkpoint",
            round.checkpoint.map { Format.id($0) + (round.promoted ? ", promoted" : "") })
        facts.add("taken back", round.withdrawals.map(CheckpointText.taken))
        facts.add("failure", round.failure)
        return [facts.text, metrics(round.metrics), round.gate.map(gate) ?? ""]
            .filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func asked(_ round: RoundReport) -> String {
        let asked = "\(round.asks) labels"
        guard let unaskable = round.unaskable, unaskable > 0 else { return asked }
        return "\(asked); \(unaskable) more pairs got fewer than two usable answers (empty, alike,"
            + " or longer than training.maximumNewTokens)"
    }

    package static func gate(_ gate: GateReport) -> String {
        let head = "gate: \(paint(gate.verdict)(verdict(gate.verdict)))\n\(gate.explanation)"
        guard !gate.checks.isEmpty else { return head }
        var table = Table("check", ">value", "must be", "", "why")
        for check in gate.checks {
            table.add(
                check.name, Format.figure(check.value),
                "\(check.comparison) \(Format.figure(check.bound))", check.passed ? "ok" : "FAILED",
                check.explanation)
        }
        return head + "\n" + table.text
    }

    package static func metrics(_ metrics: [String: Double]) -> String {
        guard !metrics.isEmpty else { return "" }
        var table = Table("metric", ">value")
        for (name, value) in metrics.sorted(by: { $0.key < $1.key }) {
            table.add(name, Format.figure(value))
        }
        return table.text
    }

    private static func items(_ items: RoundItems) -> String {
        "\(items.paired) pairs with an online counterpart, \(items.offline) alone, "
            + "\(items.online) online only; \(items.replayed) of them replayed; "
            + "judged on \(items.heldOut) held-out pairs"
    }

    private static func leftOut(_ items: RoundItems) -> String? {
        let parts = [
            (items.tooLong, "too long"), (items.retracted, "retracted while the round ran"),
        ]
        .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private static func verdict(_ verdict: GateReport.Verdict) -> String {
        switch verdict {
        case .promote: "promote"
        case .keep: "keep the old one"
        case .insufficientEvidence: "not enough evidence"
        }
    }

    private static func paint(_ verdict: GateReport.Verdict) -> Paint {
        switch verdict {
        case .promote: .green
        case .keep: .red
        case .insufficientEvidence: .yellow
        }
    }
}
