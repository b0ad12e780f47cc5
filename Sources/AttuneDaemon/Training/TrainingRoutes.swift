import ControlAPI
import Foundation

extension RouteTable {
    /// `/v1/train…`, `/v1/rounds…`
    mutating func serveTraining(_ daemon: Daemon) {
        let trainer = daemon.trainer
        serve(ControlRoutes.runTraining) { call in
            let run = try await call.input()
            let lines = try await trainer.start(run)
            guard run.wait ?? true else {
                let round = await trainer.status.round
                let report = try await trainer.report(round ?? 0)
                return .stream(
                    AsyncStream {
                        $0.yield(.value(report)); $0.finish()
                    }, to: call.request)
            }
            return .stream(lines, to: call.request)
        }
        serve(ControlRoutes.pauseTraining) { _ in try await .value(trainer.pause()) }
        serve(ControlRoutes.resumeTraining) { _ in try await .value(trainer.resume()) }
        serve(ControlRoutes.cancelTraining) { _ in try await .value(trainer.cancel()) }
        serve(ControlRoutes.listRounds) { call in
            let query = try await call.input()
            let limit = try query.limit.pageSize
            let before = try query.after.map { try Int(round: $0) }
            let reports = try await trainer.reports(before: before, limit: limit + 1)
            let page = reports.prefix(limit)
            return try .value(
                Page(
                    items: Array(page),
                    next: reports.count > limit ? page.last.map { "\($0.id)" } : nil))
        }
        serve(ControlRoutes.showRound) { call in
            try await .value(trainer.report(Int(round: call.parameter)))
        }
    }
}

extension Int {
    fileprivate init(round text: String) throws {
        guard let id = Int(text), id > 0 else {
            throw ControlError(
                .invalidRequest, "cannot find round \"\(text)\": rounds are numbered from 1")
        }
        self = id
    }
}
