import LanguageModel
package import PreferenceLearning

/// Everything a user can set, with its default.
///
/// ``settings`` gives each value its key; a test holds that none is without one.
package struct DaemonConfiguration: Hashable, Sendable {
    /// Nil means the user's own place, see ``StandardLocations``.
    package var stateDir: String?
    package var socket: String?
    package var group: String?
    package var model: String?
    package var threads = 0
    package var logLevel = LogLevel.info
    package var training = Training()
    package var annotator = Annotator()
    package var labels = Labels()
    package var sampling = Sampling()
    package var retention = Retention()

    package init() {}

    package enum LogLevel: String, CaseIterable, Hashable, Sendable {
        case debug, info, notice, warning, error
    }

    package struct Training: Hashable, Sendable {
        /// The round's hyperparameters; see their own documentation.
        package var round = RoundConfiguration()
        package var schedule = Schedule.manual
        package var newPairs = 64
        package var loss = Loss.dpo
        /// β of the loss; SimPO's paper has 2.5.
        package var beta = 0.1
        /// γ of the SimPO loss.
        package var gamma = 0.6
        /// 0 takes a new one for each round.
        package var seed = 0
        package var pace = Pace()
        package var rollback = Rollback.automatic
        package var labelNoise = LabelNoise.fixed
    }

    package enum LabelNoise: String, CaseIterable, Hashable, Sendable {
        case fixed, estimated
    }

    package enum Rollback: String, CaseIterable, Hashable, Sendable {
        case automatic, manual
    }

    package enum Loss: String, CaseIterable, Hashable, Sendable {
        case dpo, simpo
    }

    /// How a round shares the machine.
    package struct Pace: Hashable, Sendable {
        package var dutyCycle = 1.0
        /// Percent of the last ten seconds in which a task waited for a processor; 0 never.
        package var busyPressure = 60.0
        package var busyDutyCycle = 0.5
        package var onBattery = OnBattery.run

        package enum OnBattery: String, CaseIterable, Hashable, Sendable {
            case run, wait
        }
    }

    package enum Schedule: String, CaseIterable, Hashable, Sendable {
        case manual, automatic
    }

    package struct Annotator: Hashable, Sendable {
        package var kind = Kind.human
        package var command: [String] = []
        package var timeoutSeconds = 60.0
        package var runs = Runs.on
        /// Of the requests, when both a program and a person are asked.
        package var commandShare = 0.5

        package enum Kind: String, CaseIterable, Hashable, Sendable {
            case none, human, command, both
        }

        package enum Runs: String, CaseIterable, Hashable, Sendable {
            case on
            case onceEach = "once-each"
        }

        /// Whether a program is asked at all.
        package var hasCommand: Bool { kind == .command || kind == .both }

        /// Whether the program answers this request; the same request has the same annotator again.
        package func isForCommand(request: String) -> Bool {
            switch kind {
            case .none, .human: return false
            case .command: return true
            case .both:
                var draw = SeededGenerator(
                    seed: StableHash.of(request), stream: StableHash.of("annotator"))
                return draw.uniform() < commandShare
            }
        }
    }

    package struct Labels: Hashable, Sendable {
        package var open = 20
        package var perDay = 50
        package var expiryDays = 14.0
        /// Drift of the head from the checkpoint that wrote a request's candidates, nats per token. The
        /// quick start's person moves the model by about 0.1 a round: a request lasts about two.
        package var expiryKL = 0.2
        /// Share of the requests to people beside which an answered one is put again.
        package var repeatShare = 0.0
        /// Most requests of one round when a command answers them.
        package var perRound = 200
    }

    package struct Sampling: Hashable, Sendable {
        package var temperature: Float = 1
        package var topK = 0
        package var topP: Float = 1
        package var minP: Float = 0
        package var maximumTokens = 256
    }

    package struct Retention: Hashable, Sendable {
        /// Minutes without a request or round after which the model leaves memory; 0 keeps it.
        package var unloadModelMinutes = 30.0
    }
}

extension DaemonConfiguration {
    /// The round configuration in force, the loss set in.
    package var round: RoundConfiguration {
        var round = training.round
        round.objective =
            switch training.loss {
            case .dpo: .dpo(beta: training.beta)
            case .simpo: .simpo(beta: training.beta, gamma: training.gamma)
            }
        return round
    }

    /// Refuses settings that contradict each other.
    package func validate() throws(ConfigurationError) {
        if annotator.hasCommand && annotator.command.isEmpty {
            throw .inconsistent(
                reason:
                    "annotator.kind is \(annotator.kind.rawValue) but annotator.command is empty",
                remedy: "give the program and its arguments as a list")
        }
        if round.weighting == .onlineOnly && !annotator.hasCommand {
            throw .inconsistent(
                reason:
                    "training.weighting is online-only but no program answers label requests, so"
                    + " a round would have nothing to train on",
                remedy: "set annotator.kind to command or both, or choose another weighting")
        }
        do {
            try round.validate()
        } catch {
            throw .inconsistent(reason: "\(error)", remedy: "see the `training` settings")
        }
    }
}
