package import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation

/// The key of this host, and what others say of theirs.
extension CheckpointLibrary {
    /// The key that this host signs its heads with now.
    package var key: HostKey { identity.key }

    func keyReport() throws -> KeyReport {
        let host = key.id
        return KeyReport(
            host: host, predecessors: try repository.heads.keys.all().predecessors(of: host))
    }

    /// Changes this host's key; its head is signed with the new one before anybody hears of it.
    func rotateKey() throws -> KeyChange {
        let change = try identity.rotate(publishHead)
        // Somebody else may have changed or revoked it meanwhile.
        let holder = try repository.heads.keys.all().holder(of: change.before)
        return KeyChange(
            before: change.before, host: change.after, revoked: holder.host != change.after)
    }

    /// Declares this host's key void and makes another one that nothing vouches for.
    func revokeKey() throws -> KeyChange {
        let change = try identity.revoke(publishHead)
        return KeyChange(before: change.before, host: change.after, revoked: true)
    }

    /// Takes what a host says of its own key.
    ///
    /// If it is this host's key, and what is said was not said here, somebody else has the key or had
    /// it: this host gets another one.
    ///
    /// - Returns: what has become of peers on record, and of this host, by it.
    func take(_ record: KeyRecord) throws -> [Event] {
        let peers = try store.peers()
        let keys = repository.heads.keys
        let before = try keys.all()
        let known = peers.compactMap { $0.host.flatMap(HostID.init) }
        let isExpected = ([key.id] + known).contains {
            before.chain(from: $0).contains(record.host)
        }
        try repository.heads.put(record, isExpected: isExpected)
        let after = try keys.all()
        var events = peers.compactMap { peer -> Event? in
            guard let host = peer.host.flatMap(HostID.init) else { return nil }
            let (old, new) = (before.holder(of: host), after.holder(of: host))
            return old == new ? nil : Event(peer.name, became: new.host, isVoid: new.isRevoked)
        }
        if let change = try identity.renew(publishHead) {
            events.append(
                Event(
                    kind: .keyRevoked, at: Date(),
                    message: "The key of this host was revoked, or changed elsewhere; it is host"
                        + " \(change.after.short) now, and others have to trust it anew",
                    subject: change.before.description))
        }
        return events
    }

    /// Peers on record by who they are now; those whose keys were revoked are nobody.
    func hosts(of peers: [StoredPeer]) throws -> Set<HostID> {
        let keys = try repository.heads.keys.all()
        let holders = peers.compactMap { $0.host.flatMap(HostID.init) }.map(keys.holder)
        return Set(holders.filter { !$0.isRevoked }.map(\.host))
    }

    /// Signs the checkpoint in use, if there is one.
    func publishHead(with key: HostKey) throws {
        guard let head = try store.head() else { return }
        _ = try repository.publishHead(ObjectID(validating: head), key: key)
    }
}

extension Event {
    fileprivate init(_ peer: String, became host: HostID, isVoid: Bool) {
        self.init(
            kind: isVoid ? .keyRevoked : .keyChanged, at: Date(),
            message: isVoid
                ? "The key of \(peer), host \(host.short), was revoked; what only it vouches for cannot be"
                    + " put to use any more"
                : "\(peer) has changed its key and is host \(host.short) now",
            subject: host.description)
    }
}
