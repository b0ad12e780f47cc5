import Foundation

/// The service manager's end of `sd_notify`: how a test learns that a daemon answers.
final class NotifySocket: Sendable {
    let path: String
    private let descriptor: CInt

    init(in scratch: Scratch) throws {
        path = scratch.path + "/notify-\(UUID().uuidString.prefix(8))"
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let bound = Self.withAddress(path) { bind(descriptor, $0, $1) }
        guard bound == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    }

    deinit {
        close(descriptor)
    }

    /// Waits for `READY=1`; false when ``giveUp()`` came first, or a minute passed.
    func ready() async -> Bool {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var buffer = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = recv(self.descriptor, &buffer, buffer.count, 0)
                    let text = String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
                    let lines = text.split(separator: "\n")
                    if count <= 0 || lines.contains("GIVEUP=1") {
                        return continuation.resume(returning: false)
                    }
                    if lines.contains("READY=1") { return continuation.resume(returning: true) }
                }
            }
        }
    }

    /// Ends the wait of ``ready()``: the daemon is gone.
    func giveUp() {
        let message = Array("GIVEUP=1".utf8)
        _ = Self.withAddress(path) {
            sendto(descriptor, message, message.count, CInt(MSG_DONTWAIT), $0, $1)
        }
    }

    private static func withAddress<Result>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
