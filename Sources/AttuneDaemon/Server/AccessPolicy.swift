package import Foundation

/// Who may use the control socket: the daemon's own user, root, and members of one group.
///
/// Decided by the kernel's record of the peer, once per connection; never by a process id, which
/// can be reused.
package struct AccessPolicy: Hashable, Sendable {
    package var owner: uid_t
    package var group: gid_t?
    /// Root's id; tests that run as root take another.
    package var superuser: uid_t

    package init(owner: uid_t = geteuid(), group: gid_t? = nil, superuser: uid_t = 0) {
        self.owner = owner
        self.group = group
        self.superuser = superuser
    }

    package func admits(_ peer: PeerCredentials) -> Bool {
        if peer.user == owner || peer.user == superuser { return true }
        guard let group else { return false }
        return peer.groups.contains(group)
    }

    /// The id of a group of the system.
    ///
    /// - Errors: ``ConfigurationError`` when there is no such group.
    package static func groupID(named name: String) throws(ConfigurationError) -> gid_t {
        guard let entry = getgrnam(name) else {
            throw .invalidValue(
                key: "group", source: nil, value: name, expected: "an existing group's name")
        }
        return entry.pointee.gr_gid
    }
}
