import FeedbackStore
import LanguageModel
import Logging
import PreferenceLearning

/// Runs rounds on the compute thread's lane for them.
actor RoundRunner {
    private let thread: ComputeThread
    private let threads: Int
    private let pace: DaemonConfiguration.Pace
    private let store: FeedbackStore
    private let logger: Logger

    init(
        thread: ComputeThread, threads: Int, pace: DaemonConfiguration.Pace, store: FeedbackStore,
        logger: Logger
    ) {
        self.thread = thread
        self.threads = threads
        self.pace = pace
        self.store = store
        self.logger = logger
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.rounds.asUnownedSerialExecutor()
    }

    /// Runs a round, or the rest of one, to its end.
    ///
    /// - Errors: `CancellationError` within a second of the flag; what the round or its
    ///   environment throws. The state last kept can be gone on from in every case.
    func run(
        _ assignment: RoundAssignment, flag: CancellationFlag, pace note: PaceNote,
        send: @escaping @Sendable (RoundEvent) -> Void
    ) throws -> RoundResult {
        // Declared first, so that the buffers are freed before.
        defer { EngineMemory.giveBack() }
        let context = ComputeContext(
            model: assignment.model.transformer, threads: threads,
            precision: assignment.plan.configuration.precision)
        let session = RoundSession(
            assignment, store: store, thread: thread, flag: flag, pace: TrainingPace(pace),
            note: note, logger: logger, send: send)
        let round = try Round(
            plan: assignment.plan, state: assignment.files.load(),
            reference: assignment.reference, start: assignment.start,
            earlier: assignment.earlier, context: context)
        return try round.run(in: session)
    }
}
