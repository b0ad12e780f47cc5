import CheckpointStore
package import ControlAPI
package import FeedbackStore
import Foundation
package import Hummingbird
package import Logging
import PreferenceLearning
import SystemdSupport

/// One running instance: the state directory it owns, and the services that work on it.
package final class Daemon: Sendable {
    package static let version = "0.1.0"

    package let configuration: DaemonConfiguration
    package let loaded: LoadedConfiguration
    package let directory: StateDirectory
    package let store: FeedbackStore
    package let checkpoints: CheckpointLibrary
    package let models: ModelLibrary
    package let engine: InferenceEngine
    package let trainer: Trainer
    package let promoter: Promoter
    package let labelExpiry: LabelExpiry
    package let headWatch: HeadWatch
    package let events: EventStream<Event>
    package let thread: ComputeThread
    package let logger: Logger
    package let startedAt = ContinuousClock.now
    private let lock: InstanceLock

    /// Takes the state directory and opens everything in it; nothing runs yet.
    ///
    /// - Errors: ``DaemonError``, `StoreError`, `CheckpointError`; nothing is left locked.
    package init(_ loaded: LoadedConfiguration, stateDirectory: String, logger: Logger) throws {
        let configuration = loaded.configuration
        let directory = try StateDirectory(opening: stateDirectory)
        lock = try InstanceLock(at: directory.lockFile, stateDirectory: stateDirectory)
        let store = try FeedbackStore(path: directory.database)
        let repository = CheckpointRepository(directory: directory.path)
        let identity = try HostIdentity(path: directory.hostKey, heads: repository.heads)
        let events = EventStream<Event>()
        let thread = ComputeThread(name: "attune-compute")
        let threads = configuration.computeThreads
        let checkpoints = CheckpointLibrary(
            repository: repository, store: store, identity: identity)
        let models = ModelLibrary(store: store, events: events)
        let engine = InferenceEngine(
            thread: thread, threads: threads, precision: configuration.round.precision)
        self.loaded = loaded
        self.configuration = configuration
        self.directory = directory
        self.store = store
        self.checkpoints = checkpoints
        self.models = models
        self.engine = engine
        self.events = events
        self.thread = thread
        self.logger = logger
        promoter = Promoter(
            checkpoints: checkpoints, models: models, engine: engine,
            configuration: configuration, events: events)
        labelExpiry = LabelExpiry(
            checkpoints: checkpoints, models: models, engine: engine, limits: configuration.labels)
        headWatch = HeadWatch(
            checkpoints: checkpoints, models: models, engine: engine,
            configuration: configuration, events: events, logger: logger)
        trainer = Trainer(
            checkpoints: checkpoints, models: models,
            runner: RoundRunner(
                thread: thread, threads: threads, pace: configuration.training.pace, store: store,
                logger: logger),
            configuration: configuration, directory: directory, events: events, logger: logger)
    }

    /// Registers the configured model, and takes up what an earlier process left unfinished.
    package func recover() async throws {
        if let path = configuration.model {
            let report = try await register(URL(fileURLWithPath: path).standardizedFileURL.path)
            if !report.inUse { _ = try await useModel(report.name) }
        }
        // An erasure that a crash cut short. What keeps it from its end now need not for ever.
        do {
            try await store.perform { try $0.clearErasedText() }
        } catch {
            logger.warning(
                "Erased text is still in files; it is tried again", metadata: ["reason": "\(error)"]
            )
        }
        try await removeLeftRounds()
        try await trainer.recover()
    }

    /// Registers the configured model under its file's name, the only name it can have here.
    private func register(_ path: String) async throws -> ModelReport {
        do {
            return try await models.add(path: path, name: nil)
        } catch let error as ControlError where error.kind == .conflict {
            throw ControlError(
                .conflict,
                "cannot start with the model \(path): another file was registered under its name;"
                    + " restore that file, or give this one a file name of its own")
        }
    }

    /// Makes a model the one in use.
    ///
    /// - Edge cases: while a round is not finished, the model that it trains can be put to use.
    /// - Errors: ``ControlError`` of kind `busy` while a round needs another one.
    package func useModel(_ name: String) async throws -> ModelReport {
        try await models.use(name, checkpoints)
    }

    /// Everything the daemon answers, complete by the protocol's own table.
    package func responder() -> RouterResponder<ControlContext> {
        var table = RouteTable()
        table.serveDaemon(self)
        table.serveFeedback(self)
        table.serveFeedbackSync(self)
        table.serveLabels(self)
        table.serveTraining(self)
        table.serveCheckpoints(self)
        table.serveObjects(self)
        table.serveKeys(self)
        table.servePeers(self)
        table.serveGeneration(self)
        table.serveEvaluation(self)
        table.serveModels(self)
        precondition(table.missing.isEmpty, "no handler for \(table.missing)")
        return table.responder()
    }

    /// Stops the running round, ends event streams and closes the database.
    package func shutDown() async {
        events.publish(Event(kind: .stopping, at: Date(), message: "The daemon is stopping"))
        events.finish()
        await trainer.shutDown()
    }

    package func announce(added outcomes: [AddOutcome]) {
        let count = outcomes.count { if case .added = $0 { true } else { false } }
        guard count > 0 else { return }
        events.publish(
            Event(kind: .feedbackAdded, at: Date(), message: "\(count) feedback added"))
    }

    package func announce(erased id: String) {
        events.publish(
            Event(kind: .feedbackErased, at: Date(), message: "Feedback was erased", subject: id))
    }

    package func announce(closed label: LabelReport) {
        events.publish(
            Event(
                kind: .labelClosed, at: Date(),
                message: "A label request was \(label.state.rawValue)",
                subject: label.id))
    }
}

extension DaemonConfiguration {
    /// The threads that compute: as set, or every core.
    package var computeThreads: Int {
        threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount
    }
}
