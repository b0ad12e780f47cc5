import Foundation
import SystemdSupport
import Testing

/// Serialized: the service manager's protocol lives in environment variables of the process.
@Suite(.serialized) struct ServiceManagerTests {
    @Test func readyReachesTheNotifySocket() throws {
        let path = NSTemporaryDirectory() + "attune-notify-\(UUID().uuidString.prefix(8))"
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        defer {
            close(descriptor)
            unlink(path)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        setenv("NOTIFY_SOCKET", path, 1)
        defer { unsetenv("NOTIFY_SOCKET") }

        ServiceManager().ready(status: "Serving\nREADY=0")

        var buffer = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor, &buffer, buffer.count, CInt(MSG_DONTWAIT))
        try #require(count > 0)
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        #expect(text == "READY=1\nSTATUS=Serving READY=0")
    }

    @Test func watchdogIntervalIsTheManagers() {
        setenv("WATCHDOG_USEC", "20000000", 1)
        setenv("WATCHDOG_PID", "\(getpid())", 1)
        defer {
            unsetenv("WATCHDOG_USEC")
            unsetenv("WATCHDOG_PID")
        }
        #expect(ServiceManager().watchdogInterval == .seconds(20))
    }

    @Test func withoutAManagerNothingIsWatchedOrPassed() throws {
        #expect(ServiceManager().watchdogInterval == nil)
        #expect(try PassedSockets.take() == [])
    }

    @Test func malformedPassingIsAnError() {
        setenv("LISTEN_PID", "\(getpid())", 1)
        setenv("LISTEN_FDS", "many", 1)
        defer {
            unsetenv("LISTEN_PID")
            unsetenv("LISTEN_FDS")
        }
        #expect(throws: SystemdError.self) { try PassedSockets.take() }
    }
}
