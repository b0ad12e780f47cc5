import ControlAPI
import FeedbackFormats
import FeedbackStore
import Foundation

extension RouteTable {
    /// `/v1/labels…`
    mutating func serveLabels(_ daemon: Daemon) {
        let store = daemon.store
        serve(ControlRoutes.listLabels) { call in
            let query = try await call.input()
            let limit = try query.limit.pageSize
            let offset =
                try query.after.map { after in
                    guard let offset = Int(after), offset >= 0 else {
                        throw ControlError(
                            .invalidRequest, "cannot list after \"\(after)\": use a page's next")
                    }
                    return offset
                } ?? 0
            let state = query.state.flatMap { StoredLabelRequest.State(rawValue: $0.rawValue) }
            let items = try await store.perform { store in
                try daemon.labelExpiry.expireOld()
                return try store.labelRequests(state: state, limit: limit + 1, offset: offset)
            }
            return try .value(
                Page(
                    items: items.prefix(limit).map(LabelReport.init),
                    next: items.count > limit ? "\(offset + limit)" : nil))
        }
        serve(ControlRoutes.nextLabel) { _ in
            let (next, open) = try await store.perform { store in
                try daemon.labelExpiry.expireOld()
                return (try store.nextLabelRequest(), try store.labelCounts()[.open] ?? 0)
            }
            return try .value(NextLabel(label: next.map(LabelReport.init), open: open))
        }
        serve(ControlRoutes.showLabel) { call in
            try await .value(
                LabelReport(store.perform { try $0.labelRequest(call.parameter) }))
        }
        serve(ControlRoutes.answerLabel) { call in
            let verdict = try await call.input()
            let report = try await store.perform { store in
                let request = try store.labelRequest(call.parameter)
                if let fault = verdict.fault(candidateCount: request.candidates.count) {
                    throw ControlError(
                        .invalidRequest, "cannot take the answer to \(request.id): \(fault)")
                }
                _ = try store.answer(request.id, verdict)
                return LabelReport(try store.labelRequest(request.id))
            }
            daemon.announce(closed: report)
            return try .value(report)
        }
        serve(ControlRoutes.skipLabel) { call in
            let report = try await store.perform { store in
                try store.skip(call.parameter)
                return LabelReport(try store.labelRequest(call.parameter))
            }
            daemon.announce(closed: report)
            return try .value(report)
        }
    }
}

extension LabelReport {
    init(_ request: StoredLabelRequest) {
        let state: State =
            switch request.state {
            case .open: .open
            case .answered: .answered
            case .skipped: .skipped
            case .expired: .expired
            }
        self.init(
            id: request.id, state: state, prompt: request.prompt, candidates: request.candidates,
            feedback: request.feedback, score: request.score, weight: request.weight,
            draw: request.draw, rule: Rule(request.rule), repeats: request.repeats,
            reason: request.explanation, round: request.round, checkpoint: request.checkpoint,
            askedAt: request.askedAt, closedAt: request.closedAt,
            verdict: request.verdict)
    }
}

extension LabelReport.Rule {
    fileprivate init(_ rule: StoredLabelRequest.Rule) {
        self =
            switch rule {
            case .weight: .weight
            case .threshold: .threshold
            case .random: .random
            }
    }
}

extension StoredLabelRequest {
    /// What s, w and u say, in a person's words.
    var explanation: String {
        func shown(_ number: Double) -> String { String(format: "%.3f", number) }
        let figures =
            "The pair's preference score s = \(shown(score)) gave it the weight w ="
            + " \(shown(weight)), "
        let why =
            switch rule {
            case .weight:
                figures + "and the draw u = \(shown(draw)) lay above: a fresh answer is worth more"
                    + " here than the recorded one."
            case .threshold: figures + "which is below one half."
            case .random:
                "It was drawn at random (u = \(shown(draw))), whatever its score: s ="
                    + " \(shown(score)), w = \(shown(weight))."
            }
        // Before the answer it would help to remember the first one.
        let again =
            repeats == nil || state == .open
            ? "" : " It was answered before and is put again, to learn how sure the answers are."
        return why + again + (reason.map { " Closed: \($0)." } ?? "")
    }
}
