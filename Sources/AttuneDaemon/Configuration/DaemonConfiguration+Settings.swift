import LanguageModel
import PreferenceLearning

extension DaemonConfiguration {
    /// Every setting, in the order a person reads them.
    package static let settings: [Setting] =
        general + annotation + objective + optimizer + window + pace + asking + gate + other

    private static let general: [Setting] = [
        .text(
            "stateDir", \.stateDir,
            "Directory that holds everything the daemon knows. Default: $STATE_DIRECTORY, else"
                + " $XDG_STATE_HOME/attune."),
        .text(
            "socket", \.socket,
            "Path of the control socket. Default: $XDG_RUNTIME_DIR/attune/attuned.sock, else inside"
                + " the state directory."),
        .text(
            "group", \.group,
            "Group whose members may use the control socket, beside the daemon's own user and root."
        ),
        .text(
            "model", \.model,
            "GGUF file of the base model, registered and used at start. Default: the one last in use."
        ),
        .integer("threads", \.threads, 0...1024, "Threads of the arithmetic; 0 takes every core."),
        .choice("logLevel", \.logLevel, "Least severe log messages that are written."),
    ]

    private static let annotation: [Setting] = [
        .choice(
            "annotator.kind", \.annotator.kind,
            "Who answers label requests: nobody, a person, a program of yours, or both."),
        .list(
            "annotator.command", \.annotator.command,
            "Program and arguments; JSON Lines in {id, prompt, candidates}, out {id, scores}."),
        .choice(
            "annotator.runs", \.annotator.runs,
            "Whether the program runs on while a round does, or once for each request."),
        .number(
            "annotator.commandShare", \.annotator.commandShare, 0...1,
            "Share of the requests that the program answers when a person is asked as well."),
        .number(
            "annotator.timeoutSeconds", \.annotator.timeoutSeconds, 0.1...86400,
            "Longest wait for one answer of the program."),
        .integer(
            "labels.open", \.labels.open, 0...100_000, "Most open requests to people at once."),
        .integer(
            "labels.perDay", \.labels.perDay, 0...100_000, "Most requests to people a day (UTC)."),
        .number(
            "labels.repeatShare", \.labels.repeatShare, 0...1,
            "Share of the requests to people beside which one that was answered in an earlier round is"
                + " put again, its two sides changed over, to learn how sure the answers are."),
        .integer(
            "labels.perRound", \.labels.perRound, 0...1_000_000,
            "Most requests of one round to the program."),
        .number(
            "labels.expiryDays", \.labels.expiryDays, 0.001...3650,
            "Age at which an unanswered request expires."),
        .number(
            "labels.expiryKL", \.labels.expiryKL, 0...1000,
            "Mean token KL on the probes, from the checkpoint that wrote an unanswered request's"
                + " candidates to a new head, above which the request expires, in nats."),
    ]

    private static let objective: [Setting] = [
        .choice(
            "training.schedule", \.training.schedule,
            "Whether rounds start by themselves when enough new pairs are there."),
        .integer(
            "training.newPairs", \.training.newPairs, 1...1_000_000,
            "New pairs that start a round under the automatic schedule."),
        .integer(
            "training.seed", \.training.seed, 0...Int.max,
            "Seed of the rounds, each with streams of its own; 0 takes a new one each time."),
        .choice(
            "training.loss", \.training.loss,
            "The preference loss: DPO, or SimPO, which takes the mean over an answer's tokens and"
                + " needs no reference."),
        .number(
            "training.beta", \.training.beta, 1e-6...100,
            "β of the loss; with SimPO 2.5 is usual."),
        .number("training.gamma", \.training.gamma, -100...100, "γ of the SimPO loss."),
        .number(
            "training.scoreBeta", \.training.round.scoreBeta, 1e-6...100,
            "β of the preference score, the meta-learner's input."),
        .number(
            "training.labelSmoothing", \.training.round.labelSmoothing, 0...0.499,
            "Probability that a label is wrong (conservative DPO)."),
        .choice(
            "training.labelNoise", \.training.labelNoise,
            "Whether that probability is as set, or, from ten answers to repeated requests on"
                + " (labels.repeatShare), what they show if that is more."),
        .number(
            "training.nllCoefficient", \.training.round.nllCoefficient, 0...1000,
            "Weight of the chosen response's negative log-likelihood."),
        .choice(
            "training.reference", \.training.round.reference,
            "Model the policy is compared with: the head, or the bare base model."),
        .choice(
            "training.metaLearner", \.training.round.metaLearner.initialization,
            "How a fresh meta-learner starts."),
        .number(
            "training.metaLearningRate", \.training.round.metaLearner.learningRate, 0...1,
            "Learning rate of the meta-learner."),
        .integer(
            "training.metaBatches", \.training.round.metaLearner.batchesPerUpdate, 1...4096,
            "Batches with answers that the meta-learner gathers for an update."),
        .choice(
            "training.weighting", \.training.round.weighting,
            "How much a given pair counts beside the answers to its request: as the meta-learner"
                + " says (MetaAPO), half, or not at all (online DPO: every pair is asked about, by a"
                + " program; those without an answer are left out)."),
    ]

    private static let optimizer: [Setting] = [
        .number(
            "training.learningRate", \.training.round.learningRate, 0...1,
            "Peak learning rate of AdamW."),
        .number(
            "training.warmupShare", \.training.round.warmupShare, 0...1,
            "Share of the steps in which the learning rate rises."),
        .number(
            "training.weightDecay", \.training.round.weightDecay, 0...10, "Weight decay of AdamW."),
        .number(
            "training.gradientNorm", \.training.round.gradientNorm, 1e-6...1e6,
            "Largest norm of the gradient; longer ones are scaled back."),
        .integer(
            "training.batchSize", \.training.round.batchSize, 1...4096, "Pairs per optimiser step."),
        .integer(
            "training.rank", \.training.round.lora.rank, 1...1024, "Rank of a new LoRA adapter."),
        .number(
            "training.alpha", \.training.round.lora.alpha, 1e-3...1e4, "α of a new LoRA adapter."),
        .choice(
            "training.precision", \.training.round.precision.training,
            "Activations in products with the frozen weights: float32, or int16, which is faster"
                + " and moves log-probabilities by about 0.0002 nats a token. int8 is refused."),
    ]

    private static let window: [Setting] = [
        .integer(
            "training.chunkSize", \.training.round.chunkSize, 1...65536,
            "Pairs scored and asked about together; a multiple of batchSize."),
        .integer(
            "training.windowLimit", \.training.round.windowLimit, 1...1_000_000,
            "Most pairs of one round."),
        .number(
            "training.replayShare", \.training.round.replayShare, 0...0.99,
            "Share of a round's pairs taken from earlier rounds."),
        .integer(
            "training.heldOutLimit", \.training.round.heldOutLimit, 0...1_000_000,
            "Most held-out pairs a round is judged on."),
        .integer(
            "training.maximumSequenceLength", \.training.round.maximumSequenceLength, 2...1_048_576,
            "Longest prompt with response, in tokens; longer pairs are skipped and reported."),
    ]

    private static let pace: [Setting] = [
        .number(
            "training.dutyCycle", \.training.pace.dutyCycle, 0.01...1,
            "Share of the time that a round computes; it rests in between."),
        .number(
            "training.busyPressure", \.training.pace.busyPressure, 0...100,
            "Percent of the last ten seconds waited for a processor (pressure stall information)"
                + " from which others count as busy; 0 is never. A kernel without that account"
                + " leaves it unknown, and a round at full speed."),
        .number(
            "training.busyDutyCycle", \.training.pace.busyDutyCycle, 0.01...1,
            "The duty cycle while others are busy."),
        .choice(
            "training.onBattery", \.training.pace.onBattery,
            "Whether a round goes on without mains power, or waits for it."),
    ]

    private static let asking: [Setting] = [
        .choice(
            "training.asking", \.training.round.asking,
            "Which pairs are asked about: by chance, the likelier the lower their weight; those"
                + " with a weight below one half; or any, with the same chance."),
        .number(
            "training.askingShare", \.training.round.askingShare, 0...1,
            "That same chance."),
        .integer(
            "training.candidates", \.training.round.candidates, 2...64,
            "Responses sampled for one label request."),
        .number(
            "training.temperature", \.training.round.temperature, 0.01...10,
            "Sampling temperature of the candidates."),
        .number(
            "training.topP", \.training.round.topP, 1e-6...1, "Top-p of the candidates; 1 is off."),
        .integer(
            "training.maximumNewTokens", \.training.round.maximumNewTokens, 1...65536,
            "Longest candidate, in tokens."),
    ]

    private static let gate: [Setting] = [
        .integer(
            "gate.minimumHeldOutPrompts", \.training.round.gate.minimumHeldOutPrompts,
            2...1_000_000,
            "Held-out prompts below which nothing is promoted for want of evidence."),
        .number(
            "gate.confidence", \.training.round.gate.confidence, 0.01...0.9999,
            "Confidence of the paired bootstrap."),
        .number(
            "gate.marginTolerance", \.training.round.gate.marginTolerance, 0...1000,
            "How far the held-out margin may fall, in nats."),
        .number(
            "gate.chosenLogpFloor", \.training.round.gate.chosenLogpFloor, -10000...0,
            "Least mean change of the chosen responses' log-probability, in nats."),
        .number(
            "gate.klBudget", \.training.round.gate.klBudget, 0...1000,
            "Most mean token KL to the base model on the probes, in nats."),
        .number(
            "gate.minimumLengthRatio", \.training.round.gate.minimumLengthRatio, 0...1000,
            "Least answer length on the probes, as a ratio to the base model's."),
        .number(
            "gate.maximumLengthRatio", \.training.round.gate.maximumLengthRatio, 0...1000,
            "Greatest answer length on the probes, as a ratio to the base model's."),
        .number(
            "gate.endOfTurnDrop", \.training.round.gate.endOfTurnDrop, 0...1,
            "How far the share of probe answers that end by themselves may fall."),
        .choice(
            "gate.rollback", \.training.rollback,
            "Whether the head before comes back by itself when new pairs, eight prompts or more, turn"
                + " against the one that the gate promoted, at gate.confidence. Edits do not count."
        ),
    ]

    private static let other: [Setting] = [
        .number(
            "sampling.temperature", \.sampling.temperature, 0...10, "Temperature of `generate`."),
        .integer("sampling.topK", \.sampling.topK, 0...1_000_000, "Top-k of `generate`; 0 is off."),
        .number("sampling.topP", \.sampling.topP, 1e-6...1, "Top-p of `generate`; 1 is off."),
        .number("sampling.minP", \.sampling.minP, 0...1, "Min-p of `generate`; 0 is off."),
        .integer(
            "sampling.maximumTokens", \.sampling.maximumTokens, 1...65536,
            "Longest answer of `generate`, in tokens."),
        .choice(
            "sampling.precision", \.training.round.precision.sampling,
            "The same for reading prompts and decoding, candidates included; int8 is the fastest"
                + " and raises perplexity by about 0.4 %."),
        .number(
            "retention.unloadModelMinutes", \.retention.unloadModelMinutes, 0...525_600,
            "Idle minutes after which the model leaves memory; 0 keeps it."),
    ]
}
