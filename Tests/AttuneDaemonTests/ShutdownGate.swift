import AttuneDaemon
import Logging
import ServiceLifecycle

/// Runs a service until told to stop gracefully, as a signal would.
actor ShutdownGate {
    private var group: ServiceGroup?
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func run(_ service: DaemonService) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: service)], logger: logger))
        self.group = group
        waiting.forEach { $0.resume() }
        waiting = []
        try await group.run()
    }

    func shutDown() async {
        if group == nil { await withCheckedContinuation { waiting.append($0) } }
        await group?.triggerGracefulShutdown()
    }
}
