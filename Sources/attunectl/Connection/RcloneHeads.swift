import CheckpointStore
import Foundation

/// The heads of a store behind rclone. Each is a file that never changes, so one that was fetched once is not fetched
/// again: of a thousand hosts, a sync reads the heads that are news.
struct RcloneHeads: Sendable {
    let rclone: Rclone
    /// A folder of this user's, with heads as they came; they are verified whenever they are read.
    let cache: String

    /// So many of a host's files are looked at, newest first, should the newest be damaged or forged.
    private static let attempts = 3

    func all() async throws -> [SignedHead] {
        let hosts = try await counters()
        guard hosts.count <= HeadStore.maximumHosts else {
            throw CheckpointError.tooLarge(
                "a list of \(hosts.count) heads", limit: HeadStore.maximumHosts)
        }
        let newest = hosts.mapValues { $0.sorted().suffix(Self.attempts).reversed() }
        let names = newest.flatMap { host, counters in counters.map { Self.name(host, $0) } }
        let unknown = names.filter { head(named: $0) == nil }
        try await rclone.fetch(unknown, from: "heads", into: cache)
        return newest.compactMap { host, counters in
            counters.lazy.compactMap { counter in
                head(named: Self.name(host, counter))
                    .flatMap { $0.host == host && $0.counter == counter ? $0 : nil }
            }.first
        }.sorted { $0.host < $1.host }
    }

    /// Takes a head if it is not older than the known one, and removes those that are.
    func put(_ head: SignedHead) async throws {
        let known = try await counters(of: head.host)[head.host] ?? []
        if let newest = known.max() {
            let name = Self.name(head.host, head.counter)
            let same = known.contains(head.counter) ? try await rclone.data("heads/" + name) : nil
            let isNew = try head.isNew(
                after: newest, same: same.flatMap { try? SignedHead(encoded: $0) })
            if !isNew { return }
        }
        try await rclone.store(head.encoded(), as: "heads/" + Self.name(head.host, head.counter))
        let older = known.filter { $0 < head.counter }
        try await rclone.delete(older.map { Self.name(head.host, $0) }, from: "heads")
    }

    /// The counters that have a file, by host.
    private func counters(of host: HostID? = nil) async throws -> [HostID: Set<UInt64>] {
        let files = try await rclone.files(below: "heads", matching: host.map { ["/\($0)/*"] })
        var found: [HostID: Set<UInt64>] = [:]
        for file in files where file.size <= SignedHead.maximumSize {
            let names = file.path.split(separator: "/")
            guard names.count == 2, let host = HostID(String(names[0])),
                let counter = SignedHead.counter(ofFile: String(names[1]))
            else { continue }
            found[host, default: []].insert(counter)
        }
        return found
    }

    private func head(named name: String) -> SignedHead? {
        (try? Data(contentsOf: URL(filePath: "\(cache)/\(name)"))).flatMap {
            try? SignedHead(encoded: $0)
        }
    }

    private static func name(_ host: HostID, _ counter: UInt64) -> String {
        "\(host)/\(SignedHead.fileName(counter: counter))"
    }
}
