package import Foundation
package import NIOCore

/// Who is at the other end of a Unix socket, as the kernel recorded it when they connected.
package struct PeerCredentials: Hashable, Sendable {
    package var user: uid_t
    /// The primary group first, then the supplementary ones: SO_PEERCRED alone carries only the
    /// primary group.
    package var groups: [gid_t]

    package init(user: uid_t, groups: [gid_t]) {
        self.user = user
        self.groups = groups
    }

    /// Reads the credentials of a connection; called on the channel's event loop.
    ///
    /// - Errors: an `IOError` when the channel is not a connected Unix socket.
    package init(of channel: any Channel) throws {
        let credentials = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { try PeerCredentials(descriptor: $0) }
        guard let credentials else {
            throw IOError(errnoCode: ENOTSOCK, reason: "cannot read peer credentials")
        }
        self = credentials
    }

    /// Reads the credentials of a connected Unix socket.
    package init(descriptor: CInt) throws {
        var peer = UserCredentials()
        var length = socklen_t(MemoryLayout<UserCredentials>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 else {
            throw IOError(errnoCode: errno, reason: "cannot read peer credentials")
        }
        var groups = [gid_t](repeating: 0, count: 64)
        while true {
            var size = socklen_t(groups.count * MemoryLayout<gid_t>.stride)
            if getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, &groups, &size) == 0 {
                groups.removeLast(groups.count - Int(size) / MemoryLayout<gid_t>.stride)
                break
            }
            guard errno == ERANGE, groups.count < 1 << 20 else {
                throw IOError(errnoCode: errno, reason: "cannot read peer groups")
            }
            groups = [gid_t](repeating: 0, count: groups.count * 4)
        }
        self.init(user: peer.uid, groups: [peer.gid] + groups.filter { $0 != peer.gid })
    }
}

/// The kernel's `struct ucred`, which glibc hides from Swift.
private struct UserCredentials {
    var pid: pid_t = 0
    var uid: uid_t = uid_t.max
    var gid: gid_t = gid_t.max
}
