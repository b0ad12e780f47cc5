import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation

extension RouteTable {
    /// `/v1/status`, `/v1/doctor`, `/v1/fsck`, `/v1/config`, `/v1/events`, `/v1/connection`
    mutating func serveDaemon(_ daemon: Daemon) {
        serve(ControlRoutes.status) { _ in try await .value(daemon.statusReport()) }
        serve(ControlRoutes.doctor) { _ in try await .value(Doctor(daemon: daemon).examine()) }
        serve(ControlRoutes.checkState) { call in
            let readData = try await call.input().readData ?? false
            let fsck = Fsck(checkpoints: daemon.checkpoints, models: daemon.models)
            return .stream(fsck.run(readData: readData), to: call.request)
        }
        serve(ControlRoutes.configuration) { _ in try .value(daemon.loaded.report()) }
        serve(ControlRoutes.events) { call in
            .stream(daemon.events.subscribe(), to: call.request)
        }
        serve(ControlRoutes.limitConnection) { call in
            try call.rights.shrink(to: try await call.input())
            return .done
        }
    }
}

extension Daemon {
    /// The daemon at a glance.
    func statusReport() async throws -> StatusReport {
        let checkpoints = checkpoints
        let limit = configuration.labels.perDay
        let (feedback, labels, head) = try await store.perform { store in
            (
                ControlAPI.FeedbackCounts(try store.counts()),
                LabelCounts(
                    try store.labelCounts(),
                    askedToday: try store.askedCount(since: .startOfDayUTC), dailyLimit: limit,
                    consistency: try store.answerConsistency()),
                try checkpoints.headSummary()
            )
        }
        var model: ModelReport?
        if let active = try await models.active() { model = try await models.report(active) }
        let memory = ProcessMemory.current
        return StatusReport(
            version: Daemon.version, pid: getpid(),
            uptimeSeconds: (ContinuousClock.now - startedAt) / .seconds(1),
            host: checkpoints.key.id.description, stateDirectory: directory.path, model: model,
            head: head, feedback: feedback, labels: labels, training: await trainer.status,
            disk: DiskReport(used: directory.usedBytes, available: directory.freeBytes ?? 0),
            memory: MemoryReport(resident: memory.resident, peak: memory.peak))
    }
}

extension CheckpointLibrary {
    fileprivate func headSummary() throws -> HeadSummary? {
        guard let promotion = try store.promotions().last, let id = promotion.checkpoint else {
            return nil
        }
        let checkpoint = try store.checkpoint(id)
        return HeadSummary(
            checkpoint: id, promotedAt: promotion.at, round: checkpoint.round,
            origin: checkpoint.origin)
    }
}

extension ControlAPI.FeedbackCounts {
    fileprivate init(_ counts: StoredFeedbackCounts) {
        self.init(
            total: counts.pairs + counts.ties + counts.ratings + counts.edits,
            pairs: counts.pairs, ties: counts.ties, ratings: counts.ratings, edits: counts.edits,
            retracted: counts.retracted, heldOut: counts.heldOut, untrained: counts.waiting,
            tooLong: counts.tooLong)
    }
}

extension LabelCounts {
    fileprivate init(
        _ counts: [StoredLabelRequest.State: Int], askedToday: Int, dailyLimit: Int,
        consistency: AnswerConsistency
    ) {
        let hasRepeats = consistency.agreeing + consistency.differing > 0
        self.init(
            open: counts[.open] ?? 0, answered: counts[.answered] ?? 0,
            skipped: counts[.skipped] ?? 0, expired: counts[.expired] ?? 0,
            askedToday: askedToday, dailyLimit: dailyLimit,
            agreeing: hasRepeats ? consistency.agreeing : nil,
            differing: hasRepeats ? consistency.differing : nil)
    }
}

extension LoadedConfiguration {
    /// Every setting in force and where its value comes from.
    func report() -> ConfigurationReport {
        var file: String?
        for case .file(let path) in sources.values { file = path }
        return ConfigurationReport(
            file: file,
            settings: DaemonConfiguration.settings.map { setting in
                let source: ConfigurationReport.Setting.Source =
                    switch sources[setting.key] {
                    case nil: .default
                    case .flags: .flag
                    case .environment: .environment
                    case .file: .file
                    }
                return .init(
                    key: setting.key, value: setting.get(configuration).text, source: source,
                    summary: setting.summary)
            })
    }
}

extension Setting.Value {
    fileprivate var text: String {
        switch self {
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .boolean(let value): "\(value)"
        case .text(let value): value
        case .list(let items): "[\(items.joined(separator: ", "))]"
        case .absent: ""
        }
    }
}
