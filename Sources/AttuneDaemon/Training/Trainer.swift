import CheckpointStore
package import ControlAPI
import FeedbackStore
import Foundation
import Logging
import PreferenceLearning

/// Plans rounds, runs one at a time on the compute thread, and writes down how each ends.
///
/// A round that is paused, cut short by shutdown or killed goes on from its last boundary; so does
/// one that failed for a reason a person can remove, such as a full disk or a broken annotator.
package actor Trainer {
    package typealias Line = StreamLine<RoundReport>

    enum State {
        case idle
        case running(Running)
        /// Stopped by a person or a removable failure; the round, if any, waits in the store.
        case paused(round: Int?, reason: String?)
    }

    struct Running {
        let id: Int
        let flag: CancellationFlag
        let lines: EventStream<Line>
        let pace = PaceNote()
        let began: ContinuousClock.Instant
        /// A person wants it to end for good.
        var isCancelled = false
        var progress = RoundProgress()
        var task: Task<Void, Never>?
    }

    let checkpoints: CheckpointLibrary
    private let models: ModelLibrary
    private let runner: RoundRunner
    private let configuration: DaemonConfiguration
    let events: EventStream<Event>
    let logger: Logger
    let directory: StateDirectory
    var state = State.idle
    private var isShuttingDown = false
    /// A person wants no round to run: binds one that is just starting or ending as well.
    var isPausing = false
    var isStarting = false
    var store: FeedbackStore { checkpoints.store }

    private static let pausedKey = "training.paused"
    /// Seconds that earlier runs of the present round computed; a kill loses those of its run.
    static let secondsKey = "training.seconds"

    init(
        checkpoints: CheckpointLibrary, models: ModelLibrary, runner: RoundRunner,
        configuration: DaemonConfiguration, directory: StateDirectory,
        events: EventStream<Event>, logger: Logger
    ) {
        self.checkpoints = checkpoints
        self.models = models
        self.runner = runner
        self.configuration = configuration
        self.directory = directory
        self.events = events
        self.logger = logger
    }

    // MARK: What is asked of it

    /// Starts a round.
    ///
    /// - Returns: its lines: progress, and in the end its report or the error that stopped it.
    /// - Errors: ``ControlError`` of kind `busy`, `conflict` (paused), `no-model`,
    ///   `not-enough-feedback`.
    package func start(_ run: TrainingRun) async throws -> AsyncStream<Line> {
        switch state {
        case .running(let running):
            throw ControlError(
                .busy,
                "cannot start a round: round \(running.id) is running; wait for it or pause it")
        case .paused(let round, let reason):
            let which = round.map { "round \($0)" } ?? "training"
            throw ControlError(
                .conflict,
                "cannot start a round: \(which) is paused\(reason.map { " (\($0))" } ?? "");"
                    + " `attunectl train resume` goes on")
        case .idle where isStarting || isShuttingDown:
            throw ControlError(.busy, "cannot start a round: another one is just starting")
        case .idle: break
        }
        isStarting = true
        defer { isStarting = false }
        let model = try await models.current()
        let planner = RoundPlanner(checkpoints: checkpoints, configuration: configuration)
        let (round, choice) = try await store.perform { store in
            let choice = try planner.plan(run, model: model)
            let record = RoundRecord(plan: choice.plan, model: model.base.fingerprint)
            let id = try store.beginRound(
                plan: record.json(), on: model.base.fingerprint.hex, new: choice.new,
                replayed: choice.plan.replayed,
                answers: choice.answers, tooLong: choice.tooLong)
            return (id, choice)
        }
        let skipped =
            choice.tooLong.count == 0
            ? "" : "; \(choice.tooLong.count) skipped, longer than \(choice.lengthLimit) tokens"
        publish(.roundStarted, "Round \(round) started\(skipped)", round: round)
        guard !choice.isEmpty else {
            let reason =
                "cannot train: all that is new, \(choice.tooLong.count) pairs, is longer than"
                + " \(choice.lengthLimit) tokens and skipped; add shorter pairs or raise"
                + " training.maximumSequenceLength"
            try await abandon(round, .failed(reason), "Round \(round) failed: \(reason)")
            throw ControlError(.notEnoughFeedback, reason)
        }
        return launch(round, plan: choice.plan, model: model)
    }

    /// Stops the running round within a second, at a point it can go on from.
    package func pause() async throws -> TrainingStatus {
        isPausing = true
        try await store.perform { try $0.set(Self.pausedKey, to: "yes") }
        switch state {
        case .running(let running):
            running.flag.cancel()
            await running.task?.value
        case .idle:
            state = .paused(round: nil, reason: nil)
        case .paused: break
        }
        return status
    }

    /// Lets rounds start again, and the interrupted one go on.
    package func resume() async throws -> TrainingStatus {
        isPausing = false
        try await store.perform { try $0.set(Self.pausedKey, to: nil) }
        while case .running(let running) = state {
            guard running.flag.isCancelled, !isShuttingDown else { return status }
            // It was paused just now and has not stopped yet.
            await running.task?.value
        }
        guard !isStarting else {
            // A round that was just starting when it was paused.
            if case .paused(round: nil, _) = state { state = .idle }
            return status
        }
        isStarting = true
        defer { isStarting = false }
        try await resumeInterruptedRound()
        return status
    }

    /// Ends the running or paused round for good, within a second; its pairs and answers wait for the
    /// next one. A pause stays a pause.
    ///
    /// - Returns: the round, cancelled; or completed, if it came to its end meanwhile.
    /// - Errors: ``ControlError`` of kind `conflict` without a round, `busy` while one is starting.
    package func cancel() async throws -> RoundReport {
        guard !isStarting else {
            throw ControlError(
                .busy, "cannot cancel: a round is just starting; try again in a moment")
        }
        switch state {
        case .running(var running):
            running.isCancelled = true
            state = .running(running)
            running.flag.cancel()
            await running.task?.value
            return try await report(running.id)
        case .paused(let id?, _):
            isStarting = true
            defer { isStarting = false }
            try await abandon(id, .cancelled, "Round \(id) was cancelled")
            return try await report(id)
        case .paused(round: nil, _), .idle:
            throw ControlError(
                .conflict,
                "cannot cancel: no round is running or paused; `attunectl round list` shows what"
                    + " was")
        }
    }

    /// Takes up what the last process left: called once, at start.
    package func recover() async throws {
        let checkpoints = checkpoints
        let (isPaused, interrupted) = try await store.perform { store in
            try checkpoints.promoteUnpromotedRound()
            try checkpoints.publishUnpublishedHead()
            return (try store.setting(Self.pausedKey) != nil, try store.runningRound()?.id)
        }
        if isPaused {
            isPausing = true
            state = .paused(round: interrupted, reason: nil)
            return
        }
        do {
            try await resumeInterruptedRound()
        } catch {
            logger.error("The interrupted round cannot go on", metadata: ["reason": "\(error)"])
        }
    }

    /// Stops the running round for good measure; the next process goes on with it.
    package func shutDown() async {
        isShuttingDown = true
        guard case .running(let running) = state else { return }
        running.flag.cancel()
        await running.task?.value
    }

    /// Starts a round if the schedule says so and there is enough that is new.
    package func startIfDue() async {
        guard configuration.training.schedule == .automatic, case .idle = state, !isStarting,
            let counts = try? await store.perform({ try $0.counts() }),
            counts.waiting - (configuration.round.takesRatings ? 0 : counts.waitingRatings)
                >= configuration.training.newPairs,
            case .idle = state, !isStarting
        else { return }
        do {
            _ = try await start(TrainingRun())
        } catch {
            logger.warning("No round was started", metadata: ["reason": "\(error)"])
        }
    }

    // MARK: Running

    /// Goes on with the round that the store says is not finished; without one, becomes idle.
    ///
    /// One that cannot go on now stays paused, with the reason, so that it can be resumed again.
    private func resumeInterruptedRound() async throws {
        guard let round = try await store.perform({ try $0.runningRound() }) else {
            state = isPausing ? .paused(round: nil, reason: nil) : .idle
            return
        }
        do {
            guard let record = try? RoundRecord(json: round.plan) else {
                try await abandon(
                    round.id, .failed("its plan cannot be read by this version"),
                    "Round \(round.id) failed: its plan cannot be read by this version")
                return
            }
            let model = try await models.current()
            guard record.model == model.base.fingerprint else {
                throw ControlError(
                    .wrongBase,
                    "cannot resume round \(round.id): it trains another model than the one in use;"
                        + " `attunectl model use` its model, then resume")
            }
            publish(.roundResumed, "Round \(round.id) goes on", round: round.id)
            _ = launch(round.id, plan: record.plan, model: model)
        } catch {
            state = .paused(round: round.id, reason: ControlError(describing: error).message)
            throw error
        }
    }

    private func launch(
        _ id: Int, plan: RoundPlan, model: LoadedModel
    ) -> AsyncStream<Line> {
        var running = Running(
            id: id, flag: CancellationFlag(), lines: EventStream(), began: .now)
        let lines = running.lines.subscribe()
        let flag = running.flag
        if isPausing || isShuttingDown { flag.cancel() }
        let pace = running.pace
        running.task = Task {
            await self.drive(id, plan: plan, model: model, flag: flag, pace: pace)
        }
        state = .running(running)
        return lines
    }

    private func drive(
        _ id: Int, plan: RoundPlan, model: LoadedModel, flag: CancellationFlag, pace: PaceNote
    ) async {
        let files = RoundFiles(directory: "\(directory.rounds)/\(id)")
        let (checkpoints, configuration) = (checkpoints, configuration)
        let began = ContinuousClock.now
        let (roundEvents, continuation) = AsyncStream.makeStream(of: RoundEvent.self)
        let listener = Task { for await event in roundEvents { self.take(event) } }
        do {
            let assignment = try await store.perform { _ in
                try RoundAssignment(
                    id: id, plan: plan, model: model, checkpoints: checkpoints, files: files,
                    configuration: configuration)
            }
            let result = try await runner.run(assignment, flag: flag, pace: pace) {
                continuation.yield($0)
            }
            continuation.finish()
            await listener.value
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            let (checkpoint, isHead) = try await store.perform { store in
                let earlier = try store.setting(Self.secondsKey).flatMap { Double($0) } ?? 0
                let end = try checkpoints.complete(assignment, result, seconds: earlier + seconds)
                try store.set(Self.secondsKey, to: nil)
                return end
            }
            await finished(id, checkpoint, isHead: isHead, result.gate)
        } catch {
            continuation.finish()
            await listener.value
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            try? await store.perform { store in
                let earlier = try store.setting(Self.secondsKey).flatMap { Double($0) } ?? 0
                try store.set(Self.secondsKey, to: "\(earlier + seconds)")
            }
            await stopped(id, by: error, files: files)
        }
    }

    private func take(_ event: RoundEvent) {
        guard case .running(var running) = state, let progress = running.progress.take(event)
        else { return }
        state = .running(running)
        running.lines.publish(.progress(progress))
        let subject = "\(running.id)"
        if case .asked(let request, outcome: .open) = event {
            events.publish(
                Event(
                    kind: .labelRequested, at: Date(), message: "A label is worth having",
                    subject: request.id))
        }
        events.publish(
            Event(
                kind: .roundProgress, at: Date(),
                message: progress.message ?? "\(progress.phase) \(progress.done)",
                subject: subject, progress: progress))
    }

    /// Tells who listens, and the journal, where `ROUND` finds it.
    func publish(
        _ kind: Event.Kind, _ message: String, round: Int, subject: String? = nil
    ) {
        logger.info("\(message)", metadata: ["round": "\(round)"])
        events.publish(
            Event(kind: kind, at: Date(), message: message, subject: subject ?? "\(round)"))
    }
}
