import CheckpointStore
import ControlAPI
import FeedbackFormats
import FeedbackStore
import Foundation
import LanguageModel
import PreferenceLearning

/// Chooses what a round trains on.
struct RoundPlanner: Sendable {
    let checkpoints: CheckpointLibrary
    let configuration: DaemonConfiguration

    /// What was chosen, and the store's names for it.
    struct Choice: Sendable {
        var plan: RoundPlan
        var new: [String]
        var answers: [Int]
        var tooLong: LongFeedback
        /// In tokens.
        var lengthLimit: Int

        /// Whether all that is new is too long to train on.
        var isEmpty: Bool { new.isEmpty && answers.isEmpty }
    }

    /// Plans a round from the store; blocks on it.
    ///
    /// - Errors: ``ControlError`` of kind `not-enough-feedback` when there is nothing new.
    func plan(_ run: TrainingRun, model: LoadedModel) throws -> Choice {
        let store = checkpoints.store
        var round = configuration.round
        let seed = RoundPlan.seed(
            run.seed
                ?? (configuration.training.seed > 0
                    ? UInt64(configuration.training.seed) : UInt64.random(in: .min ... .max)),
            round: (try store.rounds(limit: 1).first?.id ?? 0) + 1)
        if configuration.training.labelNoise == .estimated,
            let noise = try store.answerConsistency().noise
        {
            round.labelSmoothing = max(round.labelSmoothing, noise)
        }
        let head = try checkpoints.resolve("head")
        if let head {
            // An adapter keeps the shape it was born with.
            round.lora = LoRAConfiguration(
                try checkpoints.repository.manifest(of: head).lora)
        }
        if let pairs = run.pairs, pairs < 1 {
            throw ControlError(.invalidRequest, "cannot train on \(pairs) pairs: give at least 1")
        }
        let limit = min(run.pairs ?? .max, round.windowLimit)
        let ruler = Ruler(
            limit: round.tokenLimit(on: model.transformer),
            template: model.transformer.chatTemplate)
        var tooLong = LongFeedback()
        let fresh = try fresh(
            limit: limit, withRatings: round.takesRatings, ruler, &tooLong)
        let answers = try answers(limit: round.windowLimit, ruler, &tooLong)
        guard !fresh.isEmpty || !answers.isEmpty || tooLong.count > 0 else {
            throw ControlError(
                .notEnoughFeedback,
                "cannot train: there is no new feedback since the last round; add pairs with"
                    + " `attunectl feedback add` or `feedback import`, or answer label requests")
        }
        let budget = try requestBudget(run)
        guard round.weighting != .onlineOnly || !answers.isEmpty || budget != 0 else {
            throw ControlError(
                .notEnoughFeedback,
                "cannot train: training.weighting is online-only, there are no answers to train on and"
                    + " nobody is asked")
        }
        let selection = try RoundWindow.select(
            new: fresh.map(\.id), replayShare: round.replayShare, limit: round.windowLimit,
            seed: seed, older: store.forEachReplayCandidate)
        let replayed = try store.feedback(ids: selection.replayed).filter { entry in
            (entry.feedback.kind.isPreference || round.takesRatings)
                && PairExample(entry).map { ruler.tokens($0) <= ruler.limit } ?? false
        }
        let chosen = Set(selection.new)
        let window = fresh.filter { chosen.contains($0.id) } + replayed
        let plan = RoundPlan(
            seed: seed, window: window.compactMap(PairExample.init),
            replayed: replayed.map(\.id), answers: answers.map(\.example),
            heldOut: try store.heldOutPairs(limit: round.heldOutPool)
                .compactMap(PairExample.init),
            configuration: round, startCheckpoint: head?.hex,
            referenceCheckpoint: round.reference == .head ? head?.hex : nil,
            requestBudget: budget,
            learner: try head.flatMap { try checkpoints.learner(of: $0) })
        return Choice(
            plan: plan, new: selection.new, answers: answers.map(\.id), tooLong: tooLong,
            lengthLimit: ruler.limit)
    }

    /// Measures pairs as the model reads them.
    private struct Ruler {
        let limit: Int
        let template: ChatTemplate

        func tokens(_ pair: PairExample) -> Int { TokenizedPair(pair, template: template).length }
    }

    /// The oldest new pairs that fit; those in between that do not are put aside.
    private func fresh(
        limit: Int, withRatings: Bool, _ ruler: Ruler, _ tooLong: inout LongFeedback
    ) throws -> [FeedbackEntry] {
        var fresh: [FeedbackEntry] = []
        var last: String?
        while fresh.count < limit {
            let page = try checkpoints.store.window(
                after: last, limit: limit - fresh.count, tokenLimit: ruler.limit,
                withRatings: withRatings)
            guard let end = page.last else { break }
            last = end.id
            for entry in page {
                guard let pair = PairExample(entry) else { continue }
                let tokens = ruler.tokens(pair)
                if tokens <= ruler.limit {
                    fresh.append(entry)
                } else {
                    tooLong.pairs[entry.id] = tokens
                }
            }
        }
        return fresh
    }

    /// The waiting answers whose pair fits; those that do not are put aside.
    private func answers(
        limit: Int, _ ruler: Ruler, _ tooLong: inout LongFeedback
    ) throws -> [(id: Int, example: OnlineAnswer)] {
        let waiting = try checkpoints.store.pendingOnlinePairs(
            limit: limit, tokenLimit: ruler.limit)
        return try waiting.compactMap { answer in
            let example = try onlineAnswer(answer)
            let tokens = ruler.tokens(example.pair)
            guard tokens <= ruler.limit else {
                tooLong.answers[answer.answer] = tokens
                return nil
            }
            return (answer.answer, example)
        }
    }

    private func onlineAnswer(_ pair: OnlinePair) throws -> OnlineAnswer {
        let offline = try checkpoints.store.feedback(pair.feedback)
        return OnlineAnswer(
            request: pair.request,
            pair: PairExample(
                id: "\(pair.request)-\(pair.answer)", prompt: pair.prompt.map(ChatMessage.init),
                chosen: pair.chosen, rejected: pair.rejected),
            offline: pair.offlineIsLive ? PairExample(offline) : nil, checkpoint: pair.checkpoint)
    }

    private func requestBudget(_ run: TrainingRun) throws -> Int {
        if run.annotator == TrainingRun.Annotator.none { return 0 }
        func leftForToday() throws -> Int {
            let asked = try checkpoints.store.askedCount(since: .startOfDayUTC)
            return max(0, configuration.labels.perDay - asked)
        }
        switch configuration.annotator.kind {
        case .none: return 0
        case .command: return configuration.labels.perRound
        case .human: return try leftForToday()
        case .both:
            // So many that neither is asked more than its own budget, by the share it has.
            let share = configuration.annotator.commandShare
            let forProgram = Double(configuration.labels.perRound) / max(share, 1e-9)
            let forPerson = Double(try leftForToday()) / max(1 - share, 1e-9)
            return Int(min(forProgram, forPerson, 1e9))
        }
    }
}

extension PairExample {
    /// What an entry has to train on; nil for a tie.
    init?(_ entry: FeedbackEntry) {
        guard entry.feedback.kind.isTrainable else { return nil }
        self.init(
            id: entry.id, prompt: entry.feedback.prompt.map(ChatMessage.init),
            chosen: entry.feedback.chosen, rejected: entry.feedback.rejected)
    }
}

extension ChatMessage {
    init(_ message: Message) {
        self.init(role: message.role, content: message.content)
    }
}

extension Date {
    /// Midnight in UTC, when a day's label budget begins.
    static var startOfDayUTC: Date {
        let day = 86_400.0
        return Date(
            timeIntervalSince1970: (Date().timeIntervalSince1970 / day).rounded(.down) * day)
    }
}
