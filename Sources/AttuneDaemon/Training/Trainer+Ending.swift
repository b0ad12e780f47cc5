import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import Logging
import PreferenceLearning

/// How rounds end: done, paused, cancelled, failed for good, or waiting for a person.
extension Trainer {
    /// Ends a round that is not running now and can never go on; its pairs and answers wait for the
    /// next one.
    func abandon(_ id: Int, _ end: RoundEnd, _ message: String) async throws {
        try await close(id, end)
        RoundFiles(directory: "\(directory.rounds)/\(id)").remove()
        state = isPausing ? .paused(round: nil, reason: nil) : .idle
        publish(.roundFailed, message, round: id)
    }

    func finished(
        _ id: Int, _ checkpoint: CheckpointID, isHead: Bool, _ gate: GateDecision
    ) async {
        let lines = end(.idle)
        publish(
            .checkpointCreated, "Round \(id) left a checkpoint", round: id, subject: checkpoint.hex)
        if isHead {
            publish(
                .headChanged, "The gate let the checkpoint pass", round: id,
                subject: checkpoint.hex)
        }
        publish(
            .roundFinished, "Round \(id) is done: \(gate.verdict.rawValue)", round: id)
        if let report = try? await report(id) { lines?.publish(.value(report)) }
        lines?.finish()
    }

    func stopped(_ id: Int, by error: any Error, files: RoundFiles) async {
        let failure = ControlError(describing: error)
        if case .running(let running) = state, running.isCancelled {
            await cancelled(id, files: files)
            return
        }
        if error is CancellationError {
            let lines = end(.paused(round: id, reason: nil))
            publish(.roundPaused, "Round \(id) is paused", round: id)
            lines?.publish(
                .failure(
                    ControlError(
                        .cancelled,
                        "cannot finish round \(id) now: it was paused; `attunectl train resume`"
                            + " goes on where it stopped")))
            lines?.finish()
            return
        }
        logger.error(
            "Round stopped", metadata: ["round": "\(id)", "reason": "\(failure.message)"])
        if error.isLasting {
            try? await close(id, .failed(failure.message))
            files.remove()
            let lines = end(.idle)
            publish(.roundFailed, "Round \(id) failed: \(failure.message)", round: id)
            lines?.publish(.failure(failure))
            lines?.finish()
        } else {
            let lines = end(.paused(round: id, reason: failure.message))
            publish(
                .roundFailed, "Round \(id) waits: \(failure.message)", round: id)
            lines?.publish(.failure(failure))
            lines?.finish()
        }
    }

    func cancelled(_ id: Int, files: RoundFiles) async {
        do {
            try await close(id, .cancelled)
        } catch {
            let reason = ControlError(describing: error)
            let lines = end(.paused(round: id, reason: reason.message))
            lines?.publish(.failure(reason))
            lines?.finish()
            return
        }
        files.remove()
        let lines = end(.idle)
        publish(.roundFailed, "Round \(id) was cancelled", round: id)
        lines?.publish(
            .failure(
                ControlError(
                    .cancelled,
                    "cannot finish round \(id): it was cancelled; its feedback waits for the next"
                        + " round")))
        lines?.finish()
    }

    /// Says in the store how a round ended that leaves no checkpoint.
    private func close(_ id: Int, _ end: RoundEnd) async throws {
        try await store.perform { store in
            try store.endRound(id, end)
            try store.set(Self.secondsKey, to: nil)
        }
    }

    func end(_ next: State) -> EventStream<Line>? {
        defer {
            state = next
            if isPausing, case .idle = next { state = .paused(round: nil, reason: nil) }
        }
        guard case .running(let running) = state else { return nil }
        return running.lines
    }
}

extension Error {
    /// Whether a round that met this error can never go on; the rest a person can remove.
    fileprivate var isLasting: Bool {
        self is PreferenceLearningError
    }
}
