import ControlAPI
import FeedbackFormats
package import FeedbackStore
import Foundation
import LanguageModel
import Logging
package import PreferenceLearning

/// What a running round sees of the daemon: annotators, durable boundaries, people who wait.
///
/// Lives on the compute thread, for one run of one round.
final class RoundSession: RoundEnvironment {
    private let assignment: RoundAssignment
    private let store: FeedbackStore
    private let thread: ComputeThread
    private let flag: CancellationFlag
    private let send: (RoundEvent) -> Void
    private let cache: ReferenceCache
    private let annotator: CommandAnnotator?
    private let pace: TrainingPace
    private let note: PaceNote
    private let logger: Logger
    private var savedPhase: RoundState.Phase?
    private var savedAt = ContinuousClock.now

    /// Boundaries closer together than this are not all kept; repeating the work gives the same bits.
    private static let interval = Duration.seconds(2)

    init(
        _ assignment: RoundAssignment, store: FeedbackStore, thread: ComputeThread,
        flag: CancellationFlag, pace: TrainingPace, note: PaceNote, logger: Logger,
        send: @escaping (RoundEvent) -> Void
    ) {
        self.assignment = assignment
        self.pace = pace
        self.note = note
        self.logger = logger
        self.store = store
        self.thread = thread
        self.flag = flag
        self.send = send
        let plan = assignment.plan
        cache = ReferenceCache(
            store: store, model: assignment.model,
            precision: plan.configuration.precision.training, pairs: plan.window + plan.heldOut)
        annotator =
            assignment.annotator.hasCommand && plan.requestBudget != 0
            ? CommandAnnotator(
                command: assignment.annotator.command,
                timeout: .seconds(assignment.annotator.timeoutSeconds),
                runs: assignment.annotator.runs, logger: logger)
            : nil
    }

    /// Asked between layers, so people who wait for an answer are served here, and the round rests
    /// here.
    var isCancelled: Bool {
        thread.noteAlive()
        guard !flag.isCancelled else { return true }
        pace.rest { slice in
            Thread.sleep(forTimeInterval: slice / .seconds(1))
            thread.noteAlive()
            thread.serveRequests()
            return !flag.isCancelled
        }
        noteReason()
        thread.serveRequests()
        pace.workedForOthers()
        return flag.isCancelled
    }

    private func noteReason() {
        guard pace.reason != note.reason else { return }
        note.reason = pace.reason
        let text = pace.reason.map { "The round goes slower: \($0.rawValue)" }
        logger.info("\(text ?? "The round goes at full speed")")
    }

    func retracted(among pairs: [String]) throws -> [String] {
        try store.retracted(among: pairs)
    }

    func annotate(_ request: LabelRequest) throws -> LabelAnswer? {
        guard let annotator, assignment.annotator.isForCommand(request: request.id) else {
            try askPerson(request)
            return nil
        }
        return try annotator.annotate(request, round: assignment.id, in: store) {
            // Waiting is no work, so the round owes no rest for it.
            self.thread.noteAlive()
            self.thread.serveRequests()
            self.pace.workedForOthers()
            if self.flag.isCancelled { throw CancellationError() }
        }
    }

    /// Leaves a request to a person, and now and then one that was answered before beside it.
    private func askPerson(_ request: LabelRequest) throws {
        let budget = StoredLabelBudget(
            open: assignment.labels.open, perDay: assignment.labels.perDay,
            dayStart: .startOfDayUTC)
        let outcome = try store.ask(
            NewLabelRequest(request, round: assignment.id, annotator: .human), within: budget)
        var draw = SeededGenerator(
            seed: StableHash.of(request.id), stream: StableHash.of("repeat"))
        guard outcome == .asked, draw.uniform() < assignment.labels.repeatShare else { return }
        _ = try store.askAgain(inRound: assignment.id, within: budget)
    }

    func checkpoint(_ state: RoundState) throws {
        let isDue =
            state.phase != savedPhase || flag.isCancelled
            || ContinuousClock.now - savedAt >= Self.interval
        guard isDue else { return }
        try assignment.files.save(state)
        try cache.flush()
        savedPhase = state.phase
        savedAt = .now
    }

    func report(_ event: RoundEvent) {
        send(event)
    }

    func cachedLogps(pair: String, checkpoint: String?) throws -> PairLogps? {
        try cache.cachedLogps(pair: pair, checkpoint: checkpoint)
    }

    func keep(_ logps: PairLogps, pair: String, checkpoint: String?) throws {
        try cache.keep(logps, pair: pair, checkpoint: checkpoint)
    }
}

extension CommandAnnotator {
    /// Puts a round's request to the program and keeps both on record.
    ///
    /// - Returns: a tie for a request that was closed meanwhile (its pair was retracted), and for one
    ///   whose answer cannot be this round's: the round goes on without a pair from it.
    package func annotate(
        _ request: LabelRequest, round: Int, in store: FeedbackStore,
        whileWaiting: () throws -> Void
    ) throws -> LabelAnswer {
        let tie = LabelAnswer.scores(request.candidates.map { _ in 0 })
        switch try store.ask(NewLabelRequest(request, round: round, annotator: .command)) {
        case .existing(.answered):
            guard let answer = try store.labelRequest(request.id).verdict.flatMap(LabelAnswer.init),
                try store.useAnswer(to: request.id, in: round)
            else { return tie }
            return answer
        case .existing(.expired), .existing(.skipped), .overBudget:
            return tie
        case .existing(.open), .asked, .replaced:
            break
        }
        let answer = try annotate(request, whileWaiting: whileWaiting)
        guard case .scores(let scores) = answer else { return answer }
        do {
            _ = try store.answer(request.id, .scores(scores), usedIn: round)
        } catch let error as StoreError {
            guard case .conflict = error, try store.labelRequest(request.id).state != .open else {
                throw error
            }
            return tie
        }
        return answer
    }
}

extension NewLabelRequest {
    fileprivate init(
        _ request: LabelRequest, round: Int, annotator: StoredLabelRequest.Annotator
    ) {
        self.init(
            id: request.id, feedback: request.pair.id, candidates: request.candidates,
            round: round, checkpoint: request.checkpoint, annotator: annotator,
            score: request.score, weight: request.weight, draw: request.draw,
            rule: StoredLabelRequest.Rule(request.rule))
    }
}

extension StoredLabelRequest.Rule {
    fileprivate init(_ rule: LabelRequestPolicy.Rule) {
        switch rule {
        case .weight: self = .weight
        case .threshold: self = .threshold
        case .random: self = .random
        }
    }
}

extension LabelAnswer {
    /// The answer a verdict on record stands for; nil for one that ranks nothing.
    fileprivate init?(_ verdict: LabelVerdict) {
        switch verdict {
        case .scores(let scores): self = .scores(scores)
        case .ranking(let best, let worst): self = .choice(best: best, worst: worst)
        case .edited, .bothBad: return nil
        }
    }
}
