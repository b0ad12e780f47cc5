import Foundation

/// The directory that holds everything one daemon knows, and who may read it.
///
/// Layout: `attune.sqlite` · `objects/` · `heads/` · `quarantine/` · `models/` · `rounds/` ·
/// `host.key` · `host.key.next` while the key changes · `attuned.pid`. Everything is created for its owner alone.
package struct StateDirectory: Sendable {
    package let path: String

    package var database: String { path + "/attune.sqlite" }
    package var checkpoints: String { path }
    package var models: String { path + "/models" }
    package var rounds: String { path + "/rounds" }
    package var hostKey: String { path + "/host.key" }
    package var lockFile: String { path + "/attuned.pid" }

    /// Opens the directory, creating it and its folders with mode 0700.
    ///
    /// - Errors: ``DaemonError/stateDirectory(path:reason:)`` when it cannot be made, belongs to
    ///   someone else, or lets others write.
    package init(opening path: String) throws(DaemonError) {
        self.path = path
        let status: [FileAttributeKey: Any]
        do {
            for folder in [path, models, rounds] {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
            }
            let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
            status = try FileManager.default.attributesOfItem(atPath: target)
        } catch {
            throw .stateDirectory(path: path, reason: Self.reason(of: error))
        }
        let owner = (status[.ownerAccountID] as? NSNumber)?.uint32Value
        guard owner == geteuid() else {
            throw .stateDirectory(
                path: path,
                reason: "it belongs to uid \(owner.map(String.init) ?? "?"), not to \(geteuid())")
        }
        let mode = (status[.posixPermissions] as? NSNumber)?.intValue ?? 0
        guard mode & 0o022 == 0 else {
            throw .stateDirectory(
                path: path, reason: "others may write to it (mode \(String(mode, radix: 8)))")
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw .stateDirectory(path: path, reason: String(cString: strerror(errno)))
        }
    }

    /// Bytes free to this process on the directory's file system.
    package var freeBytes: Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    /// Bytes that its files take; what cannot be read counts nothing.
    package var usedBytes: Int64 {
        let keys: [URLResourceKey] = [.totalFileAllocatedSizeKey, .isRegularFileKey]
        let files = FileManager.default.enumerator(
            at: URL(fileURLWithPath: path), includingPropertiesForKeys: keys)
        var total: Int64 = 0
        while let file = files?.nextObject() as? URL {
            let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
            guard attributes?[.type] as? FileAttributeType == .typeRegular else { continue }
            total += (attributes?[.size] as? NSNumber)?.int64Value ?? 0
        }
        return total
    }

    private static func reason(of error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        guard let posix = underlying ?? (error as NSError) as NSError?,
            posix.domain == NSPOSIXErrorDomain
        else { return error.localizedDescription }
        return String(cString: strerror(CInt(posix.code)))
    }
}
