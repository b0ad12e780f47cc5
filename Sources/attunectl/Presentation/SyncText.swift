package import CheckpointStore
package import ControlAPI
import FeedbackFormats

/// Syncs in words.
package enum SyncText {
    package static func progress(_ state: SyncProgress, phase: String) -> WorkProgress {
        let left = Double(max(0, state.bytesTotal - state.bytesSent))
        let rate =
            state.rate > 0
            ? ", \(Format.bytes(Int64(state.rate)))/s, \(Format.duration(left / state.rate)) left"
            : ""
        return .share(
            phase: phase, done: Int64(state.bytesSent), total: Int64(state.bytesTotal),
            message: "\(Format.bytes(Int64(state.bytesSent))) of "
                + "\(Format.bytes(Int64(state.bytesTotal)))\(rate)")
    }

    package static func report(_ report: SyncReport) -> String {
        var lines: [String] = []
        if let pulled = report.pulled { lines += direction(pulled, "from") }
        if let pushed = report.pushed { lines += direction(pushed, "to") }
        if let feedback = report.feedback { lines.append(self.feedback(feedback)) }
        for refusal in report.refusals {
            let host = refusal.host.map { " of host \($0.short)" } ?? ""
            let what = refusal.checkpoint?.short ?? "a record of the key"
            lines.append("refused: \(what)\(host): \(refusal.reason)")
        }
        let heads = report.pulled?.heads ?? report.pushed?.heads ?? []
        if Set(heads.map(\.checkpoint)).count > 1 {
            lines.append(
                "hosts differ in what they use; `attunectl checkpoint promote` decides here:")
            lines += heads.map { "  host \($0.host.short)  \($0.checkpoint.short)" }
        }
        if let first = report.strangers.first?.host {
            lines.append(
                "not trusted here, so nothing of theirs can be put to use; compare fingerprints, then"
                    + " `attunectl peer trust \(first.short)`:")
            lines += report.strangers.map { peer in
                "  host \(peer.fingerprint ?? "")" + (peer.name.map { "  \($0)" } ?? "")
            }
        }
        return lines.joined(separator: "\n")

        func count(_ number: Int, _ noun: String) -> String {
            "\(number) \(noun)\(number == 1 ? "" : "s")"
        }

        func direction(_ summary: SyncSummary, _ word: String) -> [String] {
            let verb = summary.isDryRun ? "would move" : "moved"
            let checkpoints = summary.checkpointsSent.map(\.short).joined(separator: " ")
            let keys = summary.keyRecordsSent.count
            guard !summary.checkpointsSent.isEmpty || !summary.headsSent.isEmpty || keys > 0 else {
                return ["\(word) \(report.peer): nothing new"]
            }
            return [
                "\(word) \(report.peer): \(verb) "
                    + "\(count(summary.checkpointsSent.count, "checkpoint")), "
                    + "\(count(summary.objectsSent, "object")), "
                    + "\(Format.bytes(Int64(summary.bytesSent))), "
                    + "\(count(summary.headsSent.count, "head"))"
                    + (keys == 0 ? "" : ", \(count(keys, "record")) of keys")
                    + (checkpoints.isEmpty ? "" : ": \(checkpoints)")
            ]
        }
    }

    private static func feedback(_ feedback: FeedbackExchange) -> String {
        guard let summary = feedback.summary else {
            return "feedback: none exchanged: \(feedback.refusal ?? "")"
        }
        func part(_ union: FeedbackUnion, _ verb: String) -> String? {
            let parts = [
                (union.added, "new"), (union.retracted, "retracted"), (union.erased, "erased"),
                (union.refused, "refused"),
            ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
            return parts.isEmpty ? nil : "\(verb) \(parts.joined(separator: ", "))"
        }
        let isDryRun = summary.isDryRun
        let parts = [
            part(summary.received, isDryRun ? "would receive" : "received"),
            part(summary.sent, isDryRun ? "would send" : "sent"),
        ].compactMap(\.self)
        return "feedback: " + (parts.isEmpty ? "nothing new" : parts.joined(separator: "; "))
    }
}
