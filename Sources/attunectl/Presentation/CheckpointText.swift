import CheckpointStore
package import ControlAPI

/// Checkpoints in words.
package enum CheckpointText {
    package static func table(_ checkpoints: [CheckpointReport]) -> String {
        guard !checkpoints.isEmpty else { return "no checkpoints yet" }
        var table = Table("", "id", "state", "origin", ">round", "added", "gate", ">size")
        for checkpoint in checkpoints {
            table.add(
                checkpoint.state == .head ? "*" : "", Format.id(checkpoint.id),
                state(checkpoint),
                Format.excerpt(checkpoint.origin, width: 28),
                checkpoint.round.map { "\($0)" } ?? "-",
                Format.time(checkpoint.addedAt), checkpoint.gate?.verdict.rawValue ?? "-",
                checkpoint.objects.isEmpty || checkpoint.collectedAt != nil
                    ? "-" : Format.bytes(size(checkpoint)))
        }
        let damages = checkpoints.compactMap { checkpoint in
            checkpoint.damage.map { "\(Format.id(checkpoint.id)) is damaged: \($0)" }
        }
        let withdrawn = checkpoints.compactMap { checkpoint in
            checkpoint.withdrawals.map { "\(Format.id(checkpoint.id)) was trained on \(taken($0))" }
        }
        return ([table.text] + damages + withdrawn).joined(separator: "\n")
    }

    /// What of a checkpoint's feedback was taken back.
    static func taken(_ withdrawals: Withdrawals) -> String {
        [(withdrawals.erased, "erased"), (withdrawals.retracted, "retracted")]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " and ")
            + " feedback, itself or before"
    }

    package static func checkpoint(_ checkpoint: CheckpointReport) -> String {
        var facts = Facts()
        facts.add("id", checkpoint.id)
        facts.add("state", state(checkpoint))
        facts.add("origin", Format.printable(checkpoint.origin))
        if let host = checkpoint.host, let round = checkpoint.round {
            facts.add("made by", "host \(Format.host(host)), round \(round)")
            facts.add(
                "parents",
                checkpoint.parents.isEmpty
                    ? "none: trained from the base" : checkpoint.parents.joined(separator: "\n"))
        }
        if let base = checkpoint.base {
            facts.add("base", "\(base.name), SHA-256 \(base.fingerprint)")
        }
        if let rank = checkpoint.rank, let alpha = checkpoint.alpha {
            facts.add(
                "adapter",
                "rank \(rank), alpha \(alpha), "
                    + checkpoint.targetModules.joined(separator: " "))
        }
        facts.add("added", Format.time(checkpoint.addedAt))
        facts.add("trained on", checkpoint.withdrawals.map(taken))
        if let damage = checkpoint.damage { facts.add("damaged", damage) }
        if let date = checkpoint.collectedAt {
            facts.add("collected", "\(Format.time(date)); only manifest and metrics are here")
        }
        var objects = Table("object", ">size", "id")
        for (role, object) in checkpoint.objects.sorted(by: { $0.key < $1.key }) {
            objects.add(role, Format.bytes(object.size), object.id)
        }
        return [
            facts.text, checkpoint.objects.isEmpty ? "" : objects.text,
            RoundText.metrics(checkpoint.metrics),
            checkpoint.gate.map(RoundText.gate) ?? "",
        ].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    package static func promotion(_ report: PromotionReport) -> String {
        let name = report.checkpoint.map { Format.id($0) } ?? "the base model"
        let head =
            report.promoted
            ? "\(name) is the head now, before it was \(Format.id(report.previous))"
            : "\(name) was not promoted, the head stays \(Format.id(report.previous))"
        let forced = report.forced ? " (forced)" : ""
        return [head + forced, report.gate.map(RoundText.gate) ?? ""].filter { !$0.isEmpty }
            .joined(separator: "\n")
    }

    package static func merge(_ report: MergeReport) -> String {
        var table = Table("part", ">pairs of its own", ">weight")
        for part in report.parts {
            table.add(Format.id(part.checkpoint), "\(part.evidence)", Format.figure(part.weight))
        }
        let name = Format.id(report.checkpoint.id)
        return """
            \(name) merges them and keeps \(Format.percent(report.retainedEnergy)) of their sum; it is not in use
            \(table.text)
            promote it with: attunectl checkpoint promote \(name)
            """
    }

    package static func collection(_ report: CollectionReport) -> String {
        var table = Table("id", "added", "")
        for entry in report.checkpoints {
            table.add(
                Format.id(entry.checkpoint.hex), Format.time(entry.addedAt),
                entry.reason.map { "kept: \($0.words)" } ?? (report.applied ? "gone" : "goes"))
        }
        let size = Format.bytes(report.bytes)
        let sum =
            report.objects == 0
            ? "nothing to let go"
            : report.applied
                ? "let go of \(report.objects) objects, \(size)"
                : "\(report.objects) objects, \(size), can go; `--apply` lets them go"
        return [table.text, sum].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func state(_ checkpoint: CheckpointReport) -> String {
        let words: [String?] = [
            checkpoint.state.rawValue, checkpoint.pinned == true ? "pinned" : nil,
            checkpoint.collectedAt == nil ? nil : "collected",
            checkpoint.damage == nil ? nil : "damaged",
        ]
        return words.compactMap(\.self).joined(separator: ", ")
    }

    private static func size(_ checkpoint: CheckpointReport) -> Int64 {
        checkpoint.objects.values.reduce(0) { $0 + $1.size }
    }
}

extension Retention.Reason {
    fileprivate var words: String {
        switch self {
        case .head: "in use"
        case .rollback: "a rollback leads to it"
        case .peer: "another host has it in use"
        case .model: "the last one in use of its model"
        case .ancestor: "hosts parted there"
        case .pinned: "pinned"
        case .needed: "a round or a label request goes back to it"
        case .recent: "it came within a day"
        case .last: "one of the newest"
        case .daily: "the newest of its day"
        case .weekly: "the newest of its week"
        }
    }
}
