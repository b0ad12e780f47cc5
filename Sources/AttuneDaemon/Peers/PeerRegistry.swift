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
        let recorded = try store.peers().map { report($0, heads) }
        let known = Set(recorded.compactMap(\.host) + [checkpoints.key.id])
        let met = heads.filter { !known.contains($0.host) }.map { head in
            PeerReport(
                name: nil, address: nil, host: head.host, trusted: false, head: head.checkpoint,
                addedAt: nil)
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

    /// Records which host a peer is, the first time that it answers.
    func record(_ host: HostID, as name: String) throws -> PeerReport {
        let peer = try find(name)
        guard host != checkpoints.key.id else {
            throw ControlError(
                .conflict,
                "cannot take \(name) for a peer: this host itself answers at \(peer.address ?? "it")"
            )
        }
        if let known = peer.host, known != host {
            throw ControlError(
                .conflict,
                "cannot go on with \(name): it was host \(known.short), and host \(host.short) answers"
                    + " now; if it was set up anew, `attunectl peer remove \(name)` and add it again"
            )
        }
        try store.recordPeer(name, host: host.description)
        return try find(name)
    }

    /// Trusts a host whose fingerprint somebody has compared; one without a name gets its short
    /// fingerprint as one.
    func trust(_ name: String, fingerprint: String) throws -> PeerReport {
        let peer = try find(name)
        guard let host = peer.host else {
            let address = try peer.address.map(PeerAddress.init)
            let advice =
                address?.isDaemon == false
                ? "it is no host and has none; trust the hosts that leave checkpoints there"
                : "its key is not known yet; `attunectl sync \(name)` meets it"
            throw ControlError(.conflict, "cannot trust \(name): \(advice)")
        }
        guard Self.digits(fingerprint) == Self.digits(host.fingerprint) else {
            throw ControlError(
                .conflict,
                "cannot trust \(name): its fingerprint is \(host.fingerprint), not \(fingerprint);"
                    + " somebody else may be answering in its place")
        }
        let recorded = peer.name ?? host.short
        if peer.name == nil { try store.recordPeer(recorded, host: host.description) }
        try store.trustPeer(recorded)
        return try find(recorded)
    }

    func remove(_ name: String) throws -> PeerReport {
        let peer = try find(name)
        if let recorded = peer.name {
            try store.removePeer(recorded)
        } else if let host = peer.host {
            try checkpoints.repository.heads.forget(host)
        }
        return peer
    }

    private func find(_ name: String) throws -> PeerReport { try list().peer(named: name) }

    private func report(_ peer: StoredPeer, _ heads: [SignedHead]) -> PeerReport {
        let host = peer.host.flatMap(HostID.init)
        return PeerReport(
            name: peer.name, address: peer.address, host: host, trusted: peer.isTrusted,
            head: heads.first { $0.host == host }?.checkpoint, addedAt: peer.addedAt)
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
