import CheckpointStore
import Foundation

/// Where the tool keeps what it can fetch again: below `$XDG_CACHE_HOME/attune`.
enum CacheDirectory {
    /// A folder for what came from one place, made if need be; only this user reads it.
    static func path(for address: PeerAddress) throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let cache =
            environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? NSHomeDirectory() + "/.cache"
        let place = ObjectID(hashing: Data(address.description.utf8)).hex.prefix(16)
        let path = "\(cache)/attune/remotes/\(place)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        return path
    }
}
