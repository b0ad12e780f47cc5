import Foundation

/// The service manager's end of `sd_notify`: how a test learns that a daemon answers.
///
/// It reads until the daemon has ended, as a service manager does: `sd_notify` waits when nobody reads.
final class NotifySocket: Sendable {
    let path: String
    private let descriptor: CInt
    private let readiness: AsyncStream<Bool>

    init(in scratch: Scratch) throws {
        path = scratch.path + "/notify-\(UUID().uuidString.prefix(8))"
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let bound = Self.withAddress(path) { bind(descriptor, $0, $1) }
        guard bound == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        let (readiness, continuation) = AsyncStream.makeStream(of: Bool.self)
        self.descriptor = descriptor
        self.readiness = readiness
        Thread.detachNewThread {
            Self.read(descriptor, continuation)
            close(descriptor)
        }
    }

    /// Waits for `READY=1`; false when ``daemonEnded()`` came first, or a minute passed.
    func ready() async -> Bool {
        for await isReady in readiness { return isReady }
        return false
    }

    /// Ends the reading: nothing more will come. To be called once.
    func daemonEnded() {
        let message = Array("DAEMONENDED=1".utf8)
        _ = Self.withAddress(path) { sendto(descriptor, message, message.count, 0, $0, $1) }
    }

    private static func read(_ descriptor: CInt, _ readiness: AsyncStream<Bool>.Continuation) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else {
                readiness.yield(false)
                continue
            }
            let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
            if lines.contains("READY=1") { readiness.yield(true) }
            if lines.contains("DAEMONENDED=1") { return readiness.finish() }
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
