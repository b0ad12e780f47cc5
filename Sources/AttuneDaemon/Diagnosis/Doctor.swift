import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import LanguageModel
import SystemdSupport

/// Looks for what could go wrong, and says what to do about it.
struct Doctor: Sendable {
    let daemon: Daemon

    func examine() async throws -> DoctorReport {
        let library = daemon.checkpoints
        let stored = try await daemon.store.perform { store in
            [try Self.sqlite(store), try Self.database(store), Self.head(library)]
        }
        let model = await model()
        return DoctorReport(
            checks: [disk, permissions] + stored + [
                model, openBLAS, threads, annotator, await training, serviceManager, clock,
            ])
    }

    private var disk: Check {
        let free = daemon.directory.freeBytes ?? 0
        let shown = "\(free >> 20) MiB free on the file system of \(daemon.directory.path)"
        let state: Check.State = free < 64 << 20 ? .failed : free < 1 << 30 ? .warning : .ok
        return Check(
            name: "disk", state: state, found: shown,
            advice: state == .ok ? nil : "a round needs about 300 MiB; free some space")
    }

    private var permissions: Check {
        let attributes = try? FileManager.default.attributesOfItem(atPath: daemon.directory.path)
        let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
        let owningGroup = (attributes?[.groupOwnerAccountID] as? NSNumber)?.uint32Value
        let group = daemon.configuration.group.flatMap { try? AccessPolicy.groupID(named: $0) }
        // Members of the configured group may read the feedback as it is, through the socket.
        let isPrivate = mode & 0o077 == 0 || (mode & 0o027 == 0 && group == owningGroup)
        return Check(
            name: "permissions", state: isPrivate ? .ok : .warning,
            found: "the state directory has mode \(String(mode, radix: 8))",
            advice: isPrivate
                ? nil : "others can read your feedback; chmod 700 \(daemon.directory.path)")
    }

    private static func sqlite(_ store: FeedbackStore) throws -> Check {
        let version = try store.sqliteVersion()
        let isOld = version.compare("3.51.3", options: .numeric) == .orderedAscending
        let note =
            isOld
            ? "; this version can corrupt a database that two connections write to, so exactly one does"
            : ""
        return Check(name: "sqlite", state: .ok, found: "SQLite \(version)\(note)")
    }

    static func database(_ store: FeedbackStore) throws -> Check {
        let problems = try store.integrityCheck()
        return Check(
            name: "database", state: problems.isEmpty ? .ok : .failed,
            found: problems.isEmpty
                ? "sound, schema \(try store.schemaVersion())" : problems.joined(separator: "; "),
            advice: problems.isEmpty
                ? nil : "keep a copy of the state directory, then restore a backup")
    }

    private static func head(_ library: CheckpointLibrary) -> Check {
        do {
            guard let head = try library.resolve("head") else {
                return Check(name: "head", state: .ok, found: "the bare base model")
            }
            try library.repository.verify(head)
            return Check(
                name: "head", state: .ok, found: "checkpoint \(head.short), every byte verified")
        } catch {
            return Check(
                name: "head", state: .failed, found: "\(error)",
                advice: "`attunectl checkpoint rollback`, or sync from a peer that has it")
        }
    }

    private func model() async -> Check {
        do {
            let model = try await daemon.models.current()
            return Check(
                name: "model", state: .ok,
                found: "\(model.name), \(model.base.layerCount) layers, fingerprint"
                    + " \(model.base.fingerprint.short)")
        } catch {
            let failure = ControlError(describing: error)
            return Check(
                name: "model", state: failure.kind == .noModel ? .warning : .failed,
                found: failure.message, advice: "register one with `attunectl model add FILE`")
        }
    }

    private var openBLAS: Check {
        let core = LinearAlgebraLibrary.coreName
        let isSlow = SlowCore.names.contains(core)
        return Check(
            name: "openblas", state: isSlow ? .warning : .ok, found: "kernels for \(core)",
            advice: isSlow
                ? "OpenBLAS did not recognise this processor and computes several times slower;"
                    + " start with OPENBLAS_CORETYPE=auto in the environment" : nil)
    }

    private var threads: Check {
        let used = daemon.configuration.computeThreads
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return Check(
            name: "threads", state: used > cores ? .warning : .ok,
            found: "\(used) compute on \(cores) cores",
            advice: used > cores
                ? "more threads than cores wait for each other; lower `threads`" : nil)
    }

    private var annotator: Check {
        let annotator = daemon.configuration.annotator
        guard annotator.hasCommand, let program = annotator.command.first else {
            return Check(name: "annotator", state: .ok, found: annotator.kind.rawValue)
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let places =
            program.contains("/")
            ? [program] : path.split(separator: ":").map { "\($0)/\(program)" }
        let isThere = places.contains { FileManager.default.isExecutableFile(atPath: $0) }
        return Check(
            name: "annotator", state: isThere ? .ok : .failed, found: "command \(program)",
            advice: isThere ? nil : "there is no such program; correct annotator.command")
    }

    private var training: Check {
        get async {
            let status = await daemon.trainer.status
            let reason = status.state == .paused ? status.progress?.message : nil
            return Check(
                name: "training", state: reason == nil ? .ok : .warning,
                found: reason ?? status.state.rawValue,
                advice: reason == nil
                    ? nil : "remove the cause, then `attunectl train resume`")
        }
    }

    private var serviceManager: Check {
        let interval = ServiceManager().watchdogInterval
        return Check(
            name: "service-manager", state: .ok,
            found: interval.map { "watched every \($0 / .seconds(1)) s" }
                ?? "not under a watchdog")
    }

    /// Signed heads carry no time, but records do: a clock before this version's making is wrong.
    private var clock: Check {
        let made = Date(timeIntervalSince1970: 1_767_225_600)
        let isSane = Date() > made
        return Check(
            name: "clock", state: isSane ? .ok : .warning,
            found: Date().formatted(.iso8601),
            advice: isSane ? nil : "the clock is behind; set it, so that records carry right times")
    }
}
