import Foundation

/// What is known of hosts' keys: a set that only grows, and means the same in whatever order it came
/// together.
///
/// A revocation beats every succession. Two different successions of one key prove that somebody
/// else has it, so they count as its revocation; two of them are kept as the proof, the first by the
/// successor's id. Union is commutative, associative and idempotent.
///
/// - Source: Shapiro et al. 2011, "Conflict-free replicated data types", state-based.
public struct KeyRecordSet: Hashable, Sendable {
    /// Successions followed from one host at most. Whoever has a key could make them without end.
    public static let maximumSuccessions = 64

    /// By host; a lone revocation, or one or two successions in the order of their names.
    private var byHost: [HostID: [KeyRecord]] = [:]

    public init() {}

    /// Takes verified records; who cannot vouch for them verifies them first.
    public init(_ records: some Sequence<KeyRecord>) {
        for record in records { insert(record) }
    }

    /// All that has to be kept and passed on, sorted by what it says.
    public var records: [KeyRecord] {
        byHost.values.joined().sorted { $0.name < $1.name }
    }

    public var isEmpty: Bool { byHost.isEmpty }

    /// - Returns: whether it says anything that was not known.
    @discardableResult
    public mutating func insert(_ record: KeyRecord) -> Bool {
        let known = byHost[record.host, default: []]
        let grown = Self.adding(record, to: known)
        byHost[record.host] = grown
        return grown.map(\.name) != known.map(\.name)
    }

    /// Whether it is known already what a record says.
    public func covers(_ record: KeyRecord) -> Bool {
        let known = byHost[record.host, default: []]
        return Self.adding(record, to: known).map(\.name) == known.map(\.name)
    }

    /// What is kept of the records about one host.
    private static func adding(_ record: KeyRecord, to known: [KeyRecord]) -> [KeyRecord] {
        var kept = known.filter { $0.name != record.name }
        // Of two signatures under one statement either will do, but all must choose the same.
        let same = known.first { $0.name == record.name } ?? record
        kept.append(
            record.signatures.lexicographicallyPrecedes(same.signatures) ? record : same)
        if let revocation = kept.first(where: \.isRevocation) { return [revocation] }
        return Array(kept.sorted { $0.name < $1.name }.prefix(2))
    }

    public mutating func formUnion(_ other: KeyRecordSet) {
        for record in other.records { insert(record) }
    }

    /// What has become of a host's key.
    public func standing(of host: HostID) -> KeyStanding {
        let records = byHost[host, default: []]
        guard let first = records.first else { return .valid }
        guard records.count == 1, let successor = first.successorHost else { return .revoked }
        return .succeeded(by: successor)
    }

    /// Throws ``CheckpointError/keyRetired(_:successor:)`` if nothing that is signed with a host's key counts any more.
    package func requireValid(_ host: HostID) throws {
        switch standing(of: host) {
        case .valid: break
        case .succeeded(let successor):
            throw CheckpointError.keyRetired(host, successor: successor)
        case .revoked: throw CheckpointError.keyRetired(host, successor: nil)
        }
    }

    /// Who speaks for a host now: the end of its successions.
    ///
    /// - Edge cases: successions that lead in a circle leave nobody, nor do more than
    ///   ``maximumSuccessions``.
    public func holder(of host: HostID) -> KeyHolder {
        let chain = chain(from: host)
        let last = chain[chain.count - 1]
        switch standing(of: last) {
        case .valid: return KeyHolder(host: last, isRevoked: false)
        case .revoked: return KeyHolder(host: last, isRevoked: true)
        // Where a circle closes, or too long a chain is cut.
        case .succeeded(let next):
            return KeyHolder(host: chain.contains(next) ? next : last, isRevoked: true)
        }
    }

    /// A host and those that came after it, one after the other, each once.
    package func chain(from host: HostID) -> [HostID] {
        var chain = [host]
        while chain.count <= Self.maximumSuccessions,
            case .succeeded(let next) = standing(of: chain[chain.count - 1]), !chain.contains(next)
        {
            chain.append(next)
        }
        return chain
    }

    /// The hosts that a host speaks for, by their successions.
    public func predecessors(of host: HostID) -> [HostID] {
        guard holder(of: host) == KeyHolder(host: host, isRevoked: false) else { return [] }
        var before: [HostID: [HostID]] = [:]
        for host in byHost.keys {
            guard case .succeeded(let successor) = standing(of: host) else { continue }
            before[successor, default: []].append(host)
        }
        var found: [HostID] = []
        var open = [host]
        while let next = open.popLast() {
            open += before[next, default: []]
            found += before[next, default: []]
        }
        return found.filter { holder(of: $0).host == host }.sorted()
    }
}

extension KeyRecord {
    fileprivate var signatures: Data { signature + (successorSignature ?? Data()) }
}

/// Who speaks for a host now.
public struct KeyHolder: Hashable, Sendable {
    /// The last one that is known of.
    public var host: HostID
    /// Whether its key was revoked, so that nobody does.
    public var isRevoked: Bool

    public init(host: HostID, isRevoked: Bool) {
        self.host = host
        self.isRevoked = isRevoked
    }
}

/// What has become of a key.
public enum KeyStanding: Hashable, Sendable {
    case valid
    case succeeded(by: HostID)
    /// By its owner, or because two successors prove that somebody else has it.
    case revoked
}
