import CSystemd

/// Tells the service manager how the daemon is doing.
///
/// Without a manager (`NOTIFY_SOCKET` unset) every call is a quiet no-op, so that the daemon
/// behaves the same in a terminal.
///
/// - Source: sd_notify(3).
public struct ServiceManager: Sendable {
    public init() {}

    /// Start-up is over: the socket answers.
    public func ready(status: String) {
        send("READY=1\nSTATUS=\(oneLine(status))")
    }

    /// One line for `systemctl status`.
    public func status(_ text: String) {
        send("STATUS=\(oneLine(text))")
    }

    /// Shutdown has begun.
    public func stopping() {
        send("STOPPING=1\nSTATUS=Stopping")
    }

    /// The daemon is alive: restarts the manager's watchdog timer.
    public func keepAlive() {
        send("WATCHDOG=1")
    }

    /// How long the manager waits for ``keepAlive()``; nil when it does not watch this process.
    ///
    /// - Source: sd_watchdog_enabled(3). Pinging at half of it is the documented habit.
    public var watchdogInterval: Duration? {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
        return .microseconds(Int64(clamping: microseconds))
    }

    private func send(_ state: String) {
        _ = sd_notify(0, state)
    }

    /// A newline would start another assignment of the protocol.
    private func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
