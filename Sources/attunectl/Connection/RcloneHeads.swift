import CheckpointStore
import Foundation

/// The heads of a store behind rclone, and what it knows of hosts' keys: `heads/<host>/<counter>.json`,
/// `heads/keys/<record>.json`.
///
/// Each is a file that never changes, so one that was fetched once is not fetched again: of a thousand hosts, a sync
/// reads what is news.
struct RcloneHeads: Sendable {
    let rclone: Rclone
    /// A folder of this user's, with files as they came; they are verified whenever they are read.
    let cache: String

    /// So many of a host's files are looked at, newest first, should the newest be damaged or forged.
    private static let attempts = 8

    /// What the names of a store's files say.
    private struct Listing {
        /// By host, the counters that have a file.
        var counters: [HostID: Set<UInt64>] = [:]
        /// Of files of key records.
        var keyNames: [String] = []
    }

    func inventory() async throws -> Inventory {
        let listing = try await list()
        let keys = try await keys(named: listing.keyNames)
        let heads = try await newest(of: listing.counters)
        return Inventory(
            heads: heads.filter { keys.standing(of: $0.host) == .valid }
                .sorted { $0.host < $1.host },
            keyRecords: keys.records)
    }

    private func keys(named names: [String]) async throws -> KeyRecordSet {
        try await rclone.fetch(
            names.filter { keyRecord(named: $0) == nil }, from: "heads", into: cache)
        return KeyRecordSet(names.compactMap(keyRecord))
    }

    /// The newest head of each host that can be read and verifies.
    private func newest(of counters: [HostID: Set<UInt64>]) async throws -> [SignedHead] {
        let newest = counters.mapValues { $0.sorted().suffix(Self.attempts).reversed() }
        let names = newest.flatMap { host, counters in counters.map { Self.name(host, $0) } }
        try await rclone.fetch(
            names.filter { head(named: $0) == nil }, from: "heads", into: cache)
        return newest.compactMap { host, counters in
            counters.lazy.compactMap { counter in
                head(named: Self.name(host, counter))
                    .flatMap { $0.host == host && $0.counter == counter ? $0 : nil }
            }.first
        }
    }

    /// Takes a head if its key is valid and it is not older than the known one, and removes those that are.
    func put(_ head: SignedHead) async throws {
        let listing = try await list(of: head.host)
        try await keys(named: listing.keyNames).requireValid(head.host)
        let known = listing.counters[head.host] ?? []
        // What anybody can write there counts only if the host has signed it.
        if let newest = try await newest(of: [head.host: known]).first {
            let same = newest.counter == head.counter ? newest : nil
            if try !head.isNew(after: newest.counter, same: same) { return }
        }
        try await rclone.store(head.encoded(), as: "heads/" + Self.name(head.host, head.counter))
        let older = known.filter { $0 < head.counter }
        try await rclone.delete(older.map { Self.name(head.host, $0) }, from: "heads")
    }

    /// Takes a record about a key; the heads that were signed with it go.
    func put(_ record: KeyRecord) async throws {
        let listing = try await list(of: record.host)
        try await rclone.store(record.encoded(), as: "heads/" + Self.name(record))
        let counters = listing.counters[record.host] ?? []
        try await rclone.delete(counters.map { Self.name(record.host, $0) }, from: "heads")
    }

    private func list(of host: HostID? = nil) async throws -> Listing {
        let files = try await rclone.files(
            below: "heads", matching: host.map { ["/\($0)/*", "/keys/\($0).*"] })
        let suffix = KeyRecord.fileSuffix.count
        var found = Listing()
        for file in files where file.size <= max(SignedHead.maximumSize, KeyRecord.maximumSize) {
            let names = file.path.split(separator: "/").map(String.init)
            guard names.count == 2 else { continue }
            if names[0] == Self.keys, KeyRecord.isFileName(names[1]) {
                found.keyNames.append(names[1])
            } else if let host = HostID(names[0]),
                let counter = SignedHead.counter(ofFile: names[1]),
                SignedHead.fileName(counter: counter) == names[1]
            {
                found.counters[host, default: []].insert(counter)
            }
        }
        found.keyNames = KeyRecordStore.first(
            of: found.keyNames.map { String($0.dropLast(suffix)) }
        )
        .map { "\(Self.keys)/\($0)\(KeyRecord.fileSuffix)" }
        guard found.counters.count <= HeadStore.maximumInventory else {
            throw CheckpointError.tooLarge(
                "a list of \(found.counters.count) heads", limit: HeadStore.maximumInventory)
        }
        return found
    }

    private func head(named name: String) -> SignedHead? {
        cached(name).flatMap { try? SignedHead(encoded: $0) }
    }

    private func keyRecord(named name: String) -> KeyRecord? {
        guard let record = cached(name).flatMap({ try? KeyRecord(encoded: $0) }) else { return nil }
        return Self.name(record) == name ? record : nil
    }

    private func cached(_ name: String) -> Data? {
        try? Data(contentsOf: URL(filePath: "\(cache)/\(name)"))
    }

    private static let keys = "keys"

    private static func name(_ record: KeyRecord) -> String { "\(keys)/\(record.fileName)" }

    private static func name(_ host: HostID, _ counter: UInt64) -> String {
        "\(host)/\(SignedHead.fileName(counter: counter))"
    }
}
