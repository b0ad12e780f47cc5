import CheckpointStore
import ControlAPI
import FeedbackStore

/// The hosts this one knows: those on record, and those whose signed heads came along.
///
/// Methods block on the disk; asynchronous code calls them through the store's `perform`.
struct PeerRegistry: Sendable {
    let checkpoints: CheckpointLibrary

    private var store: FeedbackStore { checkpoints.store }

    func list() throws -> PeerList {
        let heads = try checkpoints.repository.heads.all()
        let keys = try checkpoints.repository.heads.keys.all()
        let recorded = try store.peers().map { report($0, heads, keys) }
        let known = Set(recorded.compactMap(\.host) + [checkpoints.key.id])
        let met = heads.filter { !known.contains($0.host) }.map { head in
            PeerReport(
                name: nil, address: nil, host: head.host, trusted: false, sharesFeedback: false,
                head: head.checkpoint, addedAt: nil)
        }
        return PeerList(host: checkpoints.key.id, peers: recorded + met)
    }

    func add(_ addition: PeerAddition) throws -> PeerReport {
        let name = addition.name
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(Self.isNameByte) else {
            throw ControlError(
                .invalidRequest,
                "cannot call a peer that: a name has 1 to 64 letters, digits, '-', '_' and '.'")
        }
        try store.recordPeer(name, address: PeerAddress(addition.address).description)
        return try find(name)
    }

    /// Records which host a peer is, the first time that it answers, and again when its key was
    /// revoked: the host is another one then, and nobody trusts it yet.
    func record(_ host: HostID, as name: String) throws -> PeerReport {
        let peer = try find(name)
        guard host != checkpoints.key.id else {
            throw ControlError(
                .conflict,
                "cannot take \(name) for a peer: this host itself answers at \(peer.address ?? "it")"
            )
        }
        // The key it had before may answer: it has been restored from a backup, and learns of it.
        let keys = try checkpoints.repository.heads.keys.all()
        if let known = peer.host, keys.holder(of: host).host == known { return peer }
        if let known = peer.host, peer.revoked != true {
            throw ControlError(
                .conflict,
                "cannot go on with \(name): it was host \(known.short), and host \(host.short) answers"
                    + " now; if it was set up anew, `attunectl peer remove \(name)` and add it again"
            )
        }
        let peers = try store.peers()
        let former = peers.first { $0.name == name }?.host
        let holder = keys.holder(of: host)
        // On record under other names, perhaps with a key that it has changed since.
        let others = peers.filter {
            $0.name != name && $0.host.flatMap(HostID.init).map(keys.holder) == holder
        }
        if let other = others.first(where: { $0.address != nil }) {
            throw ControlError(
                .conflict,
                "cannot take \(name) for another peer: host \(host.short), which answers, is \(other.name)"
                    + " already; `attunectl peer remove` one of the two")
        }
        try store.recordPeer(
            name, host: others.first?.host ?? host.description, replacing: former)
        return try find(name)
    }

    /// Trusts a host whose fingerprint somebody has compared; one without a name gets its short
    /// fingerprint as one.
    ///
    /// What was compared is trusted from now on: for a host that has changed its key since, the key
    /// that it has now.
    func trust(_ name: String, fingerprint: String) throws -> PeerReport {
        let peer = try knownOrRetired(name)
        guard let host = peer.host else {
            let address = try peer.address.map(PeerAddress.init)
            let advice =
                address?.isDaemon == false
                ? "it is no host and has none; trust the hosts that leave checkpoints there"
                : "its key is not known yet; `attunectl sync \(name)` meets it"
            throw ControlError(.conflict, "cannot trust \(name): \(advice)")
        }
        guard peer.revoked != true else {
            throw ControlError(
                .conflict,
                "cannot trust \(name): the key of host \(host.short) was revoked, or two other keys were"
                    + " said to come after it; sync with the host, compare the fingerprint of its new"
                    + " key, and trust that one")
        }
        guard Self.digits(fingerprint) == Self.digits(host.fingerprint) else {
            throw ControlError(
                .conflict,
                "cannot trust \(name): its fingerprint is \(host.fingerprint), not \(fingerprint);"
                    + " somebody else may be answering in its place")
        }
        let recorded = peer.name ?? host.short
        if peer.name == nil || peer.predecessor != nil {
            try store.recordPeer(
                recorded, host: host.description, replacing: peer.predecessor?.description)
        }
        try store.trustPeer(recorded)
        return try find(recorded)
    }

    /// Lets feedback go to a trusted host, or ends that, under whatever names it is on record.
    func share(_ isShared: Bool, with name: String) throws -> PeerReport {
        let peer = try find(name)
        guard let recorded = peer.name, peer.trusted || !isShared else {
            throw ControlError(
                .conflict,
                "cannot exchange feedback with \(name): it is not trusted; `attunectl peer trust \(name)"
                    + " --feedback` does both")
        }
        for name in isShared ? [recorded] : try names(of: peer) {
            try store.shareFeedback(with: name, isShared)
        }
        return try find(recorded)
    }

    /// Forgets a host under all its names, and with it what it was trusted for.
    func remove(_ name: String) throws -> PeerReport {
        let peer = try find(name)
        if peer.name != nil {
            for name in try names(of: peer) { try store.removePeer(name) }
        } else if let host = peer.host {
            try checkpoints.repository.heads.forget(host)
        }
        return peer
    }

    /// The names that a peer on record has: two if it was met as another host before it was known that a
    /// key came after another one.
    private func names(of peer: PeerReport) throws -> [String] {
        try list().peers.filter {
            $0.name == peer.name || (peer.host != nil && $0.host == peer.host)
        }.compactMap(\.name)
    }

    private func find(_ name: String) throws -> PeerReport { try list().peer(named: name) }

    /// A peer, or a host that is known by what was said of its key only.
    ///
    /// - Errors: ``ControlError`` of kind `conflict` that says what has become of the key.
    private func knownOrRetired(_ name: String) throws -> PeerReport {
        do {
            return try find(name)
        } catch let error as ControlError where error.kind == .notFound {
            let keys = try checkpoints.repository.heads.keys.all()
            let beginning = Self.digits(name)
            let retired = keys.records.map(\.host).first {
                beginning.count >= 4 && $0.description.hasPrefix(beginning)
            }
            guard let retired else { throw error }
            let holder = keys.holder(of: retired)
            throw ControlError(
                .conflict,
                "cannot trust \(name): the key of host \(retired.short) "
                    + (holder.isRevoked
                        ? "was revoked; compare the fingerprint of the host's new key and trust that one"
                        : "was succeeded by that of host \(holder.host.short); compare the fingerprint of"
                            + " that one and trust it"))
        }
    }

    /// A peer as who it is now. The record keeps the host whose fingerprint was compared: if a
    /// revocation of it comes later, whatever came after it must fall as well.
    private func report(
        _ peer: StoredPeer, _ heads: [SignedHead], _ keys: KeyRecordSet
    ) -> PeerReport {
        let compared = peer.host.flatMap(HostID.init)
        let holder = compared.map(keys.holder)
        let isRevoked = holder?.isRevoked == true
        return PeerReport(
            name: peer.name, address: peer.address, host: holder?.host,
            trusted: peer.isTrusted && !isRevoked,
            sharesFeedback: peer.sharesFeedback && !isRevoked,
            head: heads.first { $0.host == holder?.host }?.checkpoint, addedAt: peer.addedAt,
            revoked: isRevoked ? true : nil,
            predecessor: holder?.host == compared ? nil : compared)
    }

    /// A fingerprint without the dashes that are for people.
    private static func digits(_ fingerprint: String) -> String {
        fingerprint.lowercased().filter { $0 != "-" }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-_.".utf8.contains(byte)
        }
    }
}
