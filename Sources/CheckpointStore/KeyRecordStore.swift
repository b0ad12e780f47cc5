import Foundation

/// Records about keys as files of one directory: `<host>.<successor>.json`, `<host>.revoked.json`.
///
/// What a record says stands in the file's name, so writers need no lock: different records are
/// different files, and what a reader finds is their union.
public struct KeyRecordStore: Sendable {
    public let directory: String
    let fileSystem: FileSystem

    /// Records taken of hosts that mean nothing here. Those about peers on record always find room,
    /// so that nobody can keep a revocation out by making up others.
    public static let maximumRecords = 4096
    /// Records read, or taken from one place, at most.
    public static let maximumInventory = 2 * maximumRecords

    public init(directory: String) { self.init(directory: directory, fileSystem: FileSystem()) }

    package init(directory: String, fileSystem: FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    /// Everything that can be read and verifies; a file that is damaged or forged is passed over.
    public func all() throws -> KeyRecordSet {
        let names = try names()
        guard names.count <= Self.maximumInventory else {
            throw CheckpointError.tooLarge(
                "a list of \(names.count) key records", limit: Self.maximumInventory)
        }
        return KeyRecordSet(names.compactMap { try? record(named: $0) })
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
        try record.verify()
        var known = try known(of: record.host)
        let before = known.records
        guard known.insert(record) else {
            try fileSystem.synchronizeDirectory(directory)
            return false
        }
        let count = try names().count
        guard count < (isExpected ? Self.maximumInventory : Self.maximumRecords) else {
            throw CheckpointError.tooLarge(
                "another key record beside \(count)", limit: Self.maximumRecords)
        }
        try fileSystem.makeDirectories(directory)
        try fileSystem.writeAtomically(record.encoded(), to: path(record.name))
        let kept = Set(known.records.map(\.name))
        for old in before where !kept.contains(old.name) {
            try fileSystem.remove(path(old.name))
        }
        return true
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
