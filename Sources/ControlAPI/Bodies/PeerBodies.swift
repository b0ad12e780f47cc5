public import CheckpointStore
public import Foundation

/// Another host, or a place that checkpoints travel through.
public struct PeerReport: JSONBody, Hashable {
    /// What its owner calls it; absent for a host that is known by its head only.
    public var name: String?
    /// Where it is reached.
    public var address: String?
    /// The SHA-256 of its public key; absent until it has answered once, and for a directory.
    public var host: HostID?
    /// The part of `host` that people compare.
    public var fingerprint: String?
    /// Whether checkpoints it vouches for may be put to use here.
    public var trusted: Bool
    /// Whether the text of feedback may go there; absent for this host itself.
    public var sharesFeedback: Bool?
    /// The checkpoint it has in use, as far as is known here.
    public var head: CheckpointID?
    public var addedAt: Date?
    /// Whether the key was revoked, so that nothing it signed counts; absent if not.
    public var revoked: Bool?
    /// The host it was when it was put on record, if its key was changed since.
    public var predecessor: HostID?

    public init(
        name: String?, address: String?, host: HostID?, trusted: Bool,
        sharesFeedback: Bool? = nil, head: CheckpointID?, addedAt: Date?, revoked: Bool? = nil,
        predecessor: HostID? = nil
    ) {
        self.name = name
        self.address = address
        self.host = host
        fingerprint = host?.fingerprint
        self.trusted = trusted
        self.sharesFeedback = sharesFeedback
        self.head = head
        self.addedAt = addedAt
        self.revoked = revoked
        self.predecessor = predecessor
    }
}

/// This host and all others it knows.
public struct PeerList: JSONBody, Hashable {
    public var host: HostID
    /// The part of `host` that people compare.
    public var fingerprint: String
    public var peers: [PeerReport]

    public init(host: HostID, peers: [PeerReport]) {
        self.host = host
        fingerprint = host.fingerprint
        self.peers = peers
    }

    /// Whether feedback goes to a host: it is marked for that under some name, and if an address is given,
    /// under the one that has this address.
    public func sharesFeedback(with host: HostID, at address: String? = nil) -> Bool {
        peers.contains {
            $0.host == host && $0.sharesFeedback == true
                && (address == nil || $0.address == address)
        }
    }

    /// The peer of that name, or the one host whose id begins so, with or without dashes.
    ///
    /// - Errors: ``ControlError`` of kind `not-found` or `invalid-request`.
    public func peer(named name: String) throws -> PeerReport {
        if let named = peers.first(where: { $0.name == name }) { return named }
        let beginning = name.lowercased().filter { $0 != "-" }
        let matches = peers.filter {
            beginning.count >= 4 && $0.host?.description.hasPrefix(beginning) == true
        }
        guard let match = matches.first else {
            throw ControlError(
                .notFound, "cannot find the peer \(name); `attunectl peer list` shows them")
        }
        guard Set(matches.map(\.host)).count == 1 else {
            throw ControlError(
                .invalidRequest,
                "cannot tell which host \(name) means: \(matches.count) begin so; give more of it")
        }
        return match
    }
}

/// A peer to put on record.
public struct PeerAddition: JSONBody, Hashable {
    /// Letters, digits, `-`, `_` and `.`, 64 at most.
    public var name: String
    /// `ssh://user@host[:port]`, `unix:///path`, `dir:///path` or `rclone:remote:path`.
    public var address: String

    public init(name: String, address: String) {
        self.name = name
        self.address = address
    }
}

/// Which host answers at a peer's address.
public struct PeerContact: JSONBody, Hashable {
    public var host: HostID

    public init(host: HostID) {
        self.host = host
    }
}

/// The fingerprint that a person has compared.
public struct PeerTrust: JSONBody, Hashable {
    /// All of it, as the host itself prints it.
    public var fingerprint: String

    public init(fingerprint: String) {
        self.fingerprint = fingerprint
    }
}
