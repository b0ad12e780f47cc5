import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import LanguageModel
import Logging
import ServiceLifecycle
import SystemdSupport

/// Serves a daemon until it is told to stop, and keeps house meanwhile.
///
/// On graceful shutdown everything stops at once: no new connections, streams end, the running round
/// pauses at its last boundary; together within two seconds.
package struct DaemonService: Service {
    private let daemon: Daemon
    private let sockets: [ListeningSocket]
    private let policy: AccessPolicy
    private let manager = ServiceManager()

    package init(daemon: Daemon, sockets: [ListeningSocket], policy: AccessPolicy) {
        self.daemon = daemon
        self.sockets = sockets
        self.policy = policy
    }

    package func run() async throws {
        EngineMemory.returnLargeBlocks()
        let daemon = daemon
        let server = ControlServer(
            sockets: sockets, policy: policy, responder: daemon.responder(),
            logger: daemon.logger
        ) {
            manager.ready(status: "Serving")
            daemon.logger.notice("Serving", metadata: ["state": "\(daemon.directory.path)"])
        }
        await sweep()
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await server.run() }
            group.addTask { await cancelWhenGracefulShutdown { await sweepDaily() } }
            group.addTask { await cancelWhenGracefulShutdown { await keepHouse() } }
            group.addTask { await cancelWhenGracefulShutdown { await startDueRounds() } }
            group.addTask { await cancelWhenGracefulShutdown { await expireDriftedLabels() } }
            group.addTask { await cancelWhenGracefulShutdown { await watchHead() } }
            group.addTask { await cancelWhenGracefulShutdown { await feedWatchdog() } }
            group.addTask {
                try? await gracefulShutdown()
                manager.stopping()
                await daemon.shutDown()
            }
        }
        try daemon.store.close()
        daemon.logger.notice("Stopped")
    }

    private func sweepDaily() async {
        while (try? await Task.sleep(for: .seconds(86_400))) != nil { await sweep() }
    }

    /// Removes what crashes, cut syncs and damage left in the checkpoint store.
    private func sweep() async {
        let repository = daemon.checkpoints.repository
        do {
            try await daemon.store.perform { _ in try repository.sweep() }
        } catch {
            daemon.logger.warning(
                "Sweeping the checkpoint store failed", metadata: ["reason": "\(error)"])
        }
    }

    /// Tells the service manager that the daemon lives, as long as the compute thread shows it does.
    private func feedWatchdog() async {
        guard let interval = manager.watchdogInterval else { return }
        while !Task.isCancelled {
            if ContinuousClock.now - daemon.thread.lastSignOfLife < interval {
                manager.keepAlive()
            }
            try? await Task.sleep(for: interval / 3)
        }
    }

    /// Starts a round when new feedback makes one due; what came before the start counts, too.
    private func startDueRounds() async {
        guard daemon.configuration.training.schedule == .automatic else { return }
        let events = daemon.events.subscribe()
        await daemon.trainer.startIfDue()
        for await event in events
        where event.kind == .feedbackAdded || event.kind == .roundFinished {
            await daemon.trainer.startIfDue()
        }
    }

    /// Expires label requests that a change of head or model has left behind.
    private func expireDriftedLabels() async {
        let daemon = daemon
        for await event in daemon.events.subscribe()
        where event.kind == .headChanged || event.kind == .modelChanged {
            do {
                try await daemon.labelExpiry.expireDrifted()
            } catch {
                daemon.logger.warning(
                    "Label requests were not expired", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Rolls back a head that new feedback turns against; what came before the start counts, too.
    private func watchHead() async {
        let daemon = daemon
        func look() async {
            do {
                try await daemon.headWatch.look()
            } catch {
                daemon.logger.warning("The head is not watched", metadata: ["reason": "\(error)"])
            }
        }
        let events = daemon.events.subscribe()
        await look()
        for await event in events where event.kind == .feedbackAdded { await look() }
    }

    /// Expires old label requests, completes erasures, drops an idle model, tells `systemctl status` what goes on.
    private func keepHouse() async {
        let daemon = daemon
        let idleMinutes = daemon.configuration.retention.unloadModelMinutes
        while !Task.isCancelled {
            do {
                try await daemon.store.perform { _ in try daemon.labelExpiry.expireOld() }
                // Of an erasure that a reader of the database, or a full disk, has kept from its end.
                try await daemon.store.perform { try $0.clearErasedText() }
            } catch {
                daemon.logger.warning("Housekeeping failed", metadata: ["reason": "\(error)"])
            }
            if idleMinutes > 0, await daemon.trainer.isIdle,
                await daemon.models.unload(idleFor: .seconds(60 * idleMinutes))
            {
                await daemon.engine.unload()
                EngineMemory.giveBack()
                daemon.logger.info("The idle model left memory")
            }
            await manager.status(daemon.trainer.status.sentence)
            try? await Task.sleep(for: .seconds(10))
        }
    }
}

extension TrainingStatus {
    /// One line for `systemctl status`.
    fileprivate var sentence: String {
        switch state {
        case .idle: return "Serving"
        case .paused: return "Serving; training is paused"
        case .running:
            let progress = progress.map { progress in
                ": \(progress.phase) \(progress.done)" + (progress.total.map { " of \($0)" } ?? "")
            }
            return "Serving; round \(round ?? 0)\(progress ?? "")"
        }
    }
}
