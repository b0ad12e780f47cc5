import Foundation

/// Records about keys as files of one directory: `<host>.<successor>.json`, `<host>.revoked.json`.
///
/// What a record says stands in the file's name, so writers need no lock: different records are
/// different files, and what a reader finds is their union.
public struct KeyRecordStore: Sendable {
    public let directory: String
    let fileSystem: FileSystem

    /// Revocations taken of hosts that mean nothing here, and as many successions; half as many more of
    /// hosts whose heads are here.
    ///
    /// What is expected, and what is said of a host of which something was said before, always finds
    /// room, so that nobody can keep a revocation out by making up other records: there are no more of
    /// the one than ``KeyRecordSet/maximumSuccessions`` allows, and of the other two for a host.
    public static let maximumRecords = 1024
    /// Records read, or taken from one place, at most.
    public static let maximumInventory = 8 * maximumRecords

    public init(directory: String) { self.init(directory: directory, fileSystem: FileSystem()) }

    package init(directory: String, fileSystem: FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    /// Everything that can be read and verifies; a file that is damaged or forged is passed over.
    ///
    /// - Edge cases: of more than ``maximumInventory`` files, which nothing that is put here makes,
    ///   revocations are read first, then what may prove that a key was copied, then by name.
    public func all() throws -> KeyRecordSet {
        KeyRecordSet(Self.first(of: try names()).compactMap { try? record(named: $0) })
    }

    /// The names of records that are looked at: all, unless there are too many.
    package static func first(of names: [String]) -> [String] {
        if names.count <= maximumInventory { return names }
        let counts = Dictionary(names.map { ($0.prefix { $0 != "." }, 1) }, uniquingKeysWith: +)
        let ranked = names.map { name in
            let isAlone = counts[name.prefix { $0 != "." }] == 1
            return (rank: KeyRecord.isRevocation(name) ? 0 : isAlone ? 2 : 1, name: name)
        }
        return ranked.sorted { $0 < $1 }.prefix(maximumInventory).map(\.name)
    }

    /// What is known of one host's key.
    public func standing(of host: HostID) throws -> KeyStanding {
        try known(of: host).standing(of: host)
    }

    /// Takes a record if it verifies; what it makes superfluous goes.
    ///
    /// - Parameter isExpected: it is about a host that matters here, and is taken however many
    ///   records there are.
    /// - Returns: false if it says nothing that was not known.
    @discardableResult
    public func put(_ record: KeyRecord, isExpected: Bool = false) throws -> Bool {
        try put(record, limit: isExpected ? nil : Self.maximumRecords)
    }

    /// - Parameter limit: So many of its kind, and twice as many of both, may be there at most if it is
    ///   the first about its host.
    func put(_ record: KeyRecord, limit: Int?) throws -> Bool {
        try record.verify()
        let names = try names()
        let own = names.filter { $0.hasPrefix("\(record.host).") }
        var known = KeyRecordSet(own.compactMap { try? self.record(named: $0) })
        let before = known.records
        guard known.insert(record) else {
            try fileSystem.synchronizeDirectory(directory)
            return false
        }
        if own.isEmpty, let limit { try Self.requireRoom(for: record, beside: names, limit) }
        try fileSystem.makeDirectories(directory)
        try fileSystem.writeAtomically(record.encoded(), to: path(record.name))
        let kept = Set(known.records.map(\.name))
        for old in before where !kept.contains(old.name) {
            try fileSystem.remove(path(old.name))
        }
        return true
    }

    /// Successions keep no revocation out, whatever becomes of them.
    private static func requireRoom(
        for record: KeyRecord, beside names: [String], _ limit: Int
    ) throws {
        let alike = names.count { KeyRecord.isRevocation($0) == record.isRevocation }
        guard alike < limit, record.isRevocation || names.count < 2 * limit else {
            throw CheckpointError.tooLarge(
                "another key record beside \(names.count)", limit: limit)
        }
    }

    /// Files that should be records and cannot be read as such, with the reason.
    public func damaged() throws -> [(name: String, fault: any Error)] {
        try names().compactMap { name in
            do {
                _ = try record(named: name)
                return nil
            } catch {
                return (name, error)
            }
        }
    }

    /// Removes unfinished files that a crash left behind a day ago or earlier.
    func removeAbandoned(now: Date) throws {
        try fileSystem.removeFiles(
            named: FileSystem.temporaryPrefix, in: directory, unchangedFor: 86_400, now: now)
    }

    /// The records about one host.
    func known(of host: HostID) throws -> KeyRecordSet {
        let names = try names().filter { $0.hasPrefix("\(host).") }
        return KeyRecordSet(names.compactMap { try? record(named: $0) })
    }

    /// Names of records, without what the files' names end with.
    private func names() throws -> [String] {
        try fileSystem.names(in: directory).filter(KeyRecord.isFileName)
            .map { String($0.dropLast(KeyRecord.fileSuffix.count)) }
    }

    private func record(named name: String) throws -> KeyRecord {
        let data = try ObjectFile(path: path(name)).read(0..<KeyRecord.maximumSize + 1)
        let record = try KeyRecord(encoded: data)
        guard record.name == name else {
            throw CheckpointError.malformed(
                "key record", field: "document", reason: "its file is named after another one")
        }
        return record
    }

    private func path(_ name: String) -> String { "\(directory)/\(name)\(KeyRecord.fileSuffix)" }
}
