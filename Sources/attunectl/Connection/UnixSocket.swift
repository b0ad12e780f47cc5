import ControlAPI
import Foundation
import Synchronization

/// A Unix socket that takes connections.
final class ListeningSocket: Sendable {
    private let descriptor: Int32

    init(path: String) throws {
        descriptor = try UnixSocket.make()
        guard try UnixSocket.withAddress(path, { bind(descriptor, $0, $1) }) == 0,
            listen(descriptor, 16) == 0
        else {
            let reason = String(cString: strerror(errno))
            Foundation.close(descriptor)
            throw ControlError(.internalError, "cannot listen at \(path): \(reason)")
        }
    }

    /// Waits for a connection; nil once the socket is closed.
    func accept() -> Int32? {
        while true {
            let connection = Foundation.accept(descriptor, nil, nil)
            if connection >= 0 {
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                return connection
            }
            if errno != EINTR && errno != ECONNABORTED { return nil }
        }
    }

    /// Takes no more connections, and wakes whoever waits for one.
    func close() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    deinit { Foundation.close(descriptor) }
}

/// Plain Unix sockets, for handing descriptors to ssh and for carrying bytes.
enum UnixSocket {
    static func make() throws -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else {
            throw ControlError(
                .internalError, "cannot make a socket: \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    /// Connects, or says why not and what to do.
    static func connect(to path: String) throws -> Int32 {
        let descriptor = try make()
        guard try withAddress(path, { Foundation.connect(descriptor, $0, $1) }) == 0 else {
            let code = errno
            close(descriptor)
            throw ControlError(
                .unreachable,
                "cannot reach the daemon at \(path): \(String(cString: strerror(code))); "
                    + "start it with `attuned run` or `systemctl start attuned`")
        }
        return descriptor
    }

    static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path) - 1
        guard path.utf8.count <= room else {
            throw ControlError(
                .invalidRequest,
                "cannot use the socket \(path): its path is longer than \(room) bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
