import CheckpointStore
package import ControlAPI
import FeedbackStore
import Foundation

extension Trainer {
    package var status: TrainingStatus {
        switch state {
        case .idle: TrainingStatus(state: .idle)
        case .running(let running):
            TrainingStatus(
                state: .running, round: running.id, progress: running.progress.latest,
                slowedBy: running.pace.reason?.rawValue)
        case .paused(let round, let reason):
            TrainingStatus(
                state: .paused, round: round,
                progress: reason.map { WorkProgress(phase: "paused", done: 0, message: $0) })
        }
    }

    package var isIdle: Bool {
        if case .idle = state { !isStarting } else { false }
    }

    /// A report of one round, live figures included.
    package func report(_ id: Int) async throws -> RoundReport {
        try await report(store.perform { try $0.round(id) })
    }

    package func reports(before: Int?, limit: Int) async throws -> [RoundReport] {
        var reports: [RoundReport] = []
        for round in try await store.perform({ try $0.rounds(before: before, limit: limit) }) {
            try await reports.append(report(round))
        }
        return reports
    }

    private func report(_ round: StoredRound) async throws -> RoundReport {
        var report = try await plainReport(round)
        if let id = round.checkpoint {
            let checkpoints = checkpoints
            report.withdrawals = try await store.perform { _ in
                try checkpoints.withdrawals().of(ObjectID(validating: id))
            }
        }
        return report
    }

    private func plainReport(_ round: StoredRound) async throws -> RoundReport {
        let (skips, promotions) = try await store.perform {
            (try $0.skips(ofRound: round.id), Set(try $0.promotions().compactMap(\.checkpoint)))
        }
        switch state {
        case .running(let running) where running.id == round.id:
            return try RoundReport(
                round, progress: running.progress,
                seconds: (ContinuousClock.now - running.began) / .seconds(1),
                skips: skips, promotions: promotions)
        default:
            return try RoundReport(round, isPaused: true, skips: skips, promotions: promotions)
        }
    }
}
