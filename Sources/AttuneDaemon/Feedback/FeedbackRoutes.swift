import ControlAPI
import FeedbackFormats
import FeedbackStore
import Foundation
import NIOCore

extension RouteTable {
    /// `/v1/feedback…`
    mutating func serveFeedback(_ daemon: Daemon) {
        let store = daemon.store
        serve(ControlRoutes.addFeedback) { call in
            let batch = try await call.input()
            guard batch.items.count <= ControlProtocol.feedbackBatchLimit else {
                throw ControlError(
                    .tooLarge,
                    "cannot take \(batch.items.count) items at once: send at most"
                        + " \(ControlProtocol.feedbackBatchLimit)")
            }
            let outcomes = try await store.ingest(batch.items)
            daemon.announce(added: outcomes)
            return try .value(FeedbackOutcomes(outcomes: outcomes.map(FeedbackOutcome.init)))
        }
        serve(ControlRoutes.listFeedback) { call in
            let query = try await call.input()
            var filter = FeedbackFilter()
            if let kind = query.kind { filter.kinds = [kind] }
            filter.search = query.search
            filter.retracted = query.retracted == true ? .include : .exclude
            filter.order = .newestFirst
            let (limit, matching) = (try query.limit.pageSize, filter)
            let page = try await store.perform {
                try $0.feedback(matching: matching, after: query.after, limit: limit)
            }
            return try .value(Page(items: page.entries, next: page.next))
        }
        serve(ControlRoutes.showFeedback) { call in
            try await .value(store.perform { try $0.feedback(call.parameter) })
        }
        serve(ControlRoutes.retractFeedback) { call in
            let entry = try await store.perform { try $0.retract(call.parameter) }
            daemon.events.publish(
                Event(
                    kind: .feedbackRetracted, at: Date(), message: "Feedback was retracted",
                    subject: entry.id))
            return try .value(entry)
        }
        serve(ControlRoutes.eraseFeedback) { call in
            let ids = try await call.input().ids
            guard ids.count <= ControlProtocol.feedbackBatchLimit else {
                throw ControlError(
                    .tooLarge,
                    "cannot erase \(ids.count) at once: name at most"
                        + " \(ControlProtocol.feedbackBatchLimit)")
            }
            let (entries, round) = try await daemon.withoutRound(
                holding: { store in try ids.map { try store.feedback($0).id } },
                { store in try store.erase(ids) })
            for entry in entries { daemon.announce(erased: entry.id) }
            return try .value(ErasureReport(entries: entries, cancelledRound: round))
        }
        serve(ControlRoutes.exportFeedback) { call in
            let format = try await call.input().format
            return .lines(format.chunks(from: store))
        }
    }
}

extension FeedbackOutcome {
    init(_ outcome: AddOutcome) {
        switch outcome {
        case .added(let id): self.init(result: .added, id: id)
        case .duplicate(let id): self.init(result: .duplicate, id: id)
        case .retracted(let id):
            self.init(
                result: .refused, id: id,
                reason: "it was retracted, and stays so; change it to add it as new")
        case .erased(let id):
            self.init(result: .refused, id: id, reason: "it was erased, and stays so")
        case .refused(let refusal): self.init(result: .refused, reason: "\(refusal)")
        }
    }
}

extension Int? {
    /// The entries of a page: 100 unless said, between 1 and 1000.
    var pageSize: Int {
        get throws {
            guard let limit = self else { return 100 }
            guard (1...1000).contains(limit) else {
                throw ControlError(
                    .invalidRequest, "cannot list \(limit) at once: the limit is from 1 to 1000")
            }
            return limit
        }
    }
}
