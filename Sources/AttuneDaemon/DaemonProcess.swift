import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import Logging
import ServiceLifecycle
import SystemdSupport
import UnixSignals

/// The daemon as a process: configuration, log, state directory, sockets, signals.
public struct DaemonProcess: Sendable {
    /// The configuration file; nil looks in the standard place, where it may be missing.
    public var configurationFile: String?
    /// Settings given as flags, by key.
    public var flags: [String: String]

    public init(configurationFile: String?, flags: [String: String]) {
        self.configurationFile = configurationFile
        self.flags = flags
    }

    /// The release, as `--version` shows it.
    public static var version: String { Daemon.version }

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Errors: anything that keeps the daemon from starting; each says what to do.
    public func run() async throws {
        // A client that hangs up is an error of its connection, not the end of the daemon.
        signal(SIGPIPE, SIG_IGN)
        umask(0o077)
        let places = StandardLocations()
        let loaded = try await ConfigurationLoader(
            flags: flags, file: configurationFile ?? places.configurationFile,
            isFileRequired: configurationFile != nil
        ).load()
        let configuration = loaded.configuration
        let logger = Self.logger(configuration.logLevel)

        let stateDirectory = configuration.stateDir ?? places.stateDirectory
        let daemon = try Daemon(loaded, stateDirectory: stateDirectory, logger: logger)
        let group = try configuration.group.map(AccessPolicy.groupID)
        let sockets = try listen(
            path: configuration.socket ?? places.socket(stateDirectory: stateDirectory),
            group: group)
        try await daemon.recover()

        let service = DaemonService(
            daemon: daemon, sockets: sockets, policy: AccessPolicy(group: group))
        var services = ServiceGroupConfiguration(
            services: [.init(service: service)], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        services.maximumGracefulShutdownDuration = .seconds(5)
        try await ServiceGroup(configuration: services).run()
    }

    /// The sockets systemd passed, else one of our own.
    private func listen(path: String, group: gid_t?) throws -> [ListeningSocket] {
        let passed = try PassedSockets.take()
        guard passed.isEmpty else { return passed.map(ListeningSocket.init(passed:)) }
        return [try ListeningSocket(binding: path, group: group)]
    }

    private static func logger(_ level: DaemonConfiguration.LogLevel) -> Logger {
        let isJournal = JournalLogHandler.isStandardErrorTheJournal
        let level = Logger.Level(rawValue: level.rawValue) ?? .info
        LoggingSystem.bootstrap { label in
            if isJournal {
                var handler = JournalLogHandler(label: label)
                handler.logLevel = level
                return handler
            }
            var handler = LineLogHandler(label: label)
            handler.logLevel = level
            return handler
        }
        return Logger(label: "attuned")
    }
}

extension DaemonProcess {
    /// What to tell a person about an error that ended the process, in one line.
    public static func explanation(of error: any Error) -> String {
        ControlError(describing: error).message
    }
}
