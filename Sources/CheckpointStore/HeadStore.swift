import Foundation

/// The newest known head of every host: `<host>/<counter>.json`.
///
/// A counter stands in the file's name, so two writers that bring different heads of one host write
/// different files and the higher one wins whatever the order; no lock is needed, on a shared
/// directory either. Heads of a host whose key was changed or revoked, as records in `keys/` say, are
/// neither shown nor taken.
public struct HeadStore: Sendable {
    public let directory: String
    /// What is known of hosts' keys.
    public let keys: KeyRecordStore
    let fileSystem: FileSystem

    /// Hosts that mean nothing here whose heads are taken.
    public static let maximumHosts = 4096
    /// Hosts listed at most; more are refused rather than read.
    public static let maximumInventory = 2 * maximumHosts

    public init(directory: String) { self.init(directory: directory, fileSystem: FileSystem()) }

    package init(directory: String, fileSystem: FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
        keys = KeyRecordStore(directory: directory + "/keys", fileSystem: fileSystem)
    }

    /// The newest head of every host, sorted by host; a file that is damaged or forged is passed
    /// over.
    public func all() throws -> [SignedHead] {
        let hosts = try hosts()
        guard hosts.count <= Self.maximumInventory else {
            throw CheckpointError.tooLarge(
                "a list of \(hosts.count) heads", limit: Self.maximumInventory)
        }
        let keys = try keys.all()
        return try hosts.filter { keys.standing(of: $0) == .valid }.compactMap(newest)
    }

    /// The newest head of one host that can be read and verifies.
    public func head(of host: HostID) throws -> SignedHead? {
        guard try keys.standing(of: host) == .valid else { return nil }
        return try newest(host)
    }

    private func newest(_ host: HostID) throws -> SignedHead? {
        for counter in try counters(of: host).reversed() {
            if let head = head(of: host, counter: counter) { return head }
        }
        return nil
    }

    /// Takes a head if it verifies and is not older than the known one.
    ///
    /// A damaged newest file still counts: its counter stands in its name and is never undercut.
    ///
    /// - Parameter isExpected: it is of this host or of a peer on record, whose heads find room however
    ///   many strangers' there are.
    /// - Returns: false if exactly this head was known.
    /// - Errors: ``CheckpointError/headReplayed(_:known:offered:)`` for a lower counter,
    ///   ``CheckpointError/headConflict(_:counter:)`` for another checkpoint under the same one,
    ///   ``CheckpointError/keyRetired(_:successor:)`` for a host that has another key, or none.
    @discardableResult
    public func put(_ head: SignedHead, isExpected: Bool = false) throws -> Bool {
        try head.verify()
        try keys.known(of: head.host).requireValid(head.host)
        let known = try counters(of: head.host)
        let isNew = try isNew(head, known: known, isExpected: isExpected)
        if isNew {
            try fileSystem.makeDirectories(folder(of: head.host))
            try fileSystem.writeAtomically(
                head.encoded(), to: path(of: head.host, counter: head.counter))
        } else {
            try fileSystem.synchronizeDirectory(folder(of: head.host))
        }
        for counter in known where counter < head.counter {
            try fileSystem.remove(path(of: head.host, counter: counter))
        }
        return isNew
    }

    /// Takes a record about a key; the heads that were signed with it go, once it is durable.
    ///
    /// - Parameter isExpected: see ``KeyRecordStore/put(_:isExpected:)``.
    /// - Returns: false if it says nothing that was not known.
    @discardableResult
    public func put(_ record: KeyRecord, isExpected: Bool = false) throws -> Bool {
        let hasHead = fileSystem.isDirectory(folder(of: record.host))
        let room = KeyRecordStore.maximumRecords
        let isNew = try keys.put(record, limit: isExpected ? nil : hasHead ? room * 3 / 2 : room)
        if hasHead { try forget(record.host) }
        return isNew
    }

    /// Whether the head has to be written; throws if it may not be.
    private func isNew(
        _ head: SignedHead, known: [UInt64], isExpected: Bool
    ) throws -> Bool {
        guard let newest = known.last else {
            let limit = isExpected ? Self.maximumInventory : Self.maximumHosts
            guard try hosts().count < limit else {
                throw CheckpointError.tooLarge("another host's head", limit: limit)
            }
            return true
        }
        return try head.isNew(
            after: newest, same: self.head(of: head.host, counter: head.counter))
    }

    /// Forgets a host's heads; whoever brings one, brings it as if for the first time.
    package func forget(_ host: HostID) throws {
        for counter in try counters(of: host) {
            try fileSystem.remove(path(of: host, counter: counter))
        }
        try fileSystem.removeDirectory(folder(of: host))
    }

    /// Removes unfinished files that a crash left behind a day ago or earlier, and heads that a crash
    /// kept from going with their host's key.
    func removeAbandoned(now: Date) throws {
        let known = try keys.all()
        for host in try hosts() {
            guard known.standing(of: host) == .valid else {
                try forget(host)
                continue
            }
            try fileSystem.removeFiles(
                named: FileSystem.temporaryPrefix, in: folder(of: host), unchangedFor: 86_400,
                now: now)
        }
        try keys.removeAbandoned(now: now)
    }

    /// The highest counter that has a file, readable or not; 0 if there is none.
    func newestCounter(of host: HostID) throws -> UInt64 { try counters(of: host).last ?? 0 }

    private func hosts() throws -> [HostID] {
        try fileSystem.names(in: directory).compactMap(HostID.init)
    }

    private func folder(of host: HostID) -> String { "\(directory)/\(host)" }

    private func path(of host: HostID, counter: UInt64) -> String {
        "\(folder(of: host))/\(SignedHead.fileName(counter: counter))"
    }

    private func counters(of host: HostID) throws -> [UInt64] {
        try fileSystem.names(in: folder(of: host)).compactMap(SignedHead.counter(ofFile:)).sorted()
    }

    private func head(of host: HostID, counter: UInt64) -> SignedHead? {
        guard
            let data = try? ObjectFile(path: path(of: host, counter: counter))
                .read(0..<SignedHead.maximumSize + 1),
            let head = try? SignedHead(encoded: data), head.host == host, head.counter == counter
        else { return nil }
        return head
    }
}
