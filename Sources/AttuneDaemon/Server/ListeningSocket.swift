package import Foundation

/// A listening Unix stream socket: bound by the daemon itself, or passed by systemd.
package struct ListeningSocket: Sendable {
    package let descriptor: CInt
    /// The path to remove on shutdown; nil when the descriptor was passed and is not ours.
    package let ownedPath: String?

    /// Adopts a listening descriptor passed by the service manager.
    package init(passed descriptor: CInt) {
        self.descriptor = descriptor
        self.ownedPath = nil
    }

    /// Binds and listens on `path`, with mode 0600, or 0660 and the group when one is allowed; its
    /// directory is made and opened likewise, see ``SocketDirectory``.
    ///
    /// A socket file that nobody answers on is left over from a crash and replaced. The mode is
    /// right from the first instant: the file is made under a tightened umask.
    ///
    /// - Errors: ``DaemonError`` when another process answers on the path, when something that is
    ///   not a socket is there, or when the system refuses.
    package init(binding path: String, group: gid_t?) throws(DaemonError) {
        let folder = (path as NSString).deletingLastPathComponent
        do {
            if !folder.isEmpty { try SocketDirectory.make(folder, for: group) }
        } catch {
            throw .socketDirectory(
                path: folder, reason: String(cString: strerror(error.code.rawValue)))
        }
        guard var address = sockaddr_un(path: path) else {
            throw .socketPath(path: path, reason: "the path is longer than 107 bytes")
        }
        try Self.removeStaleSocket(at: path, address: &address)

        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | Self.closeOnExec, 0)
        guard descriptor >= 0 else { throw Self.refused(path) }
        let oldMask = umask(0o177)
        let bound = address.withSocketAddress { bind(descriptor, $0, $1) }
        umask(oldMask)
        guard bound == 0 else {
            let error = Self.refused(path)
            close(descriptor)
            throw error
        }
        if let group {
            guard chown(path, uid_t.max, group) == 0, chmod(path, 0o660) == 0 else {
                let reason = String(cString: strerror(errno))
                close(descriptor)
                unlink(path)
                throw .socketGroup(path: path, reason: reason)
            }
        }
        guard listen(descriptor, 128) == 0 else {
            let error = Self.refused(path)
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.ownedPath = path
    }

    private static var closeOnExec: CInt { CInt(SOCK_CLOEXEC.rawValue) }

    private static func refused(_ path: String) -> DaemonError {
        .socketPath(path: path, reason: String(cString: strerror(errno)))
    }

    private static func removeStaleSocket(
        at path: String, address: inout sockaddr_un
    ) throws(DaemonError) {
        guard let status = try? FileManager.default.attributesOfItem(atPath: path) else { return }
        guard status[.type] as? FileAttributeType == .typeSocket else {
            throw .socketPath(path: path, reason: "a file that is not a socket is in the way")
        }
        let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | closeOnExec, 0)
        guard probe >= 0 else { throw refused(path) }
        defer { close(probe) }
        let connected = address.withSocketAddress { connect(probe, $0, $1) }
        guard connected != 0, errno == ECONNREFUSED || errno == ENOENT else {
            throw .socketInUse(path: path)
        }
        guard unlink(path) == 0 || errno == ENOENT else { throw refused(path) }
    }
}

extension sockaddr_un {
    /// - Edge cases: nil when the path does not fit with its terminating zero.
    fileprivate init?(path: String) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: sun_path), !bytes.isEmpty else {
            return nil
        }
        withUnsafeMutableBytes(of: &sun_path) { $0.copyBytes(from: bytes) }
    }

    fileprivate mutating func withSocketAddress(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        withUnsafePointer(to: &self) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
