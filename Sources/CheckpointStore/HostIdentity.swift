import Foundation
import Synchronization

/// The key that a host signs with now, and how it changes, in steps that a crash may part.
///
/// A new key is durable as `<path>.next` before anybody hears of it. The record that it succeeds the
/// old one, or that the old one is revoked, is the point of no return; after it the new key takes the
/// old one's place, at the latest when the file is opened again.
public final class HostIdentity: Sendable {
    private let path: String
    private let heads: HeadStore
    private let fileSystem: FileSystem
    private let current: Mutex<HostKey>
    /// Held while something is signed or the key changes; longer than anybody may wait for
    /// ``key``.
    private let turn = Mutex(())

    /// A change of the key: who the host was, and who it is.
    public struct Change: Hashable, Sendable {
        public let before: HostID
        public let after: HostID
    }

    /// Reads the key, or makes one, and ends a change that was cut.
    ///
    /// - Errors: as ``HostKey/load(orCreateAt:)``.
    public convenience init(path: String, heads: HeadStore) throws {
        try self.init(path: path, heads: heads, fileSystem: FileSystem())
    }

    package init(path: String, heads: HeadStore, fileSystem: FileSystem) throws {
        self.path = path
        self.heads = heads
        self.fileSystem = fileSystem
        var key = try HostKey.load(orCreateAt: path, fileSystem: fileSystem)
        if fileSystem.size(of: Self.next(path)) != nil {
            let next = try HostKey.load(orCreateAt: Self.next(path), fileSystem: fileSystem)
            // The record may have gone out to others before the crash, and been lost here.
            if next.id != key.id, try heads.keys.standing(of: key.id) == .valid {
                try heads.put(KeyRecord(succeeding: key, by: next), isExpected: true)
            }
            key = next
        }
        current = Mutex(key)
        try turn.withLock { _ in
            try settle()
            try renewIfRetired()
        }
    }

    /// The key to sign with now; whoever signs does so in ``sign(_:)``.
    public var key: HostKey { current.withLock { $0 } }

    /// Signs something, with a key that is not changed meanwhile and counts.
    public func sign<Result: Sendable>(_ work: (HostKey) throws -> Result) throws -> Result {
        try turn.withLock { _ in
            try renewIfRetired()
            return try work(key)
        }
    }

    /// Changes the key, the old one vouching for the new one.
    ///
    /// - Parameter prepare: signs with the new key what others should find when they hear of it.
    /// - Errors: whatever the disk says, or `prepare`; nothing is changed then, unless the record is there
    ///   already, and with it the change is made. ``CheckpointError/tooLarge(_:limit:)`` where whoever
    ///   trusts the first key could not follow to another one.
    public func rotate(_ prepare: (HostKey) throws -> Void = { _ in }) throws -> Change {
        try turn.withLock { _ in
            try settle()
            if let renewed = try renewIfRetired() {
                try? prepare(key)
                return renewed
            }
            let old = key
            try requireAnotherSuccession(of: old.id)
            let next = try makeNext()
            do {
                try prepare(next)
                try heads.put(KeyRecord(succeeding: old, by: next), isExpected: true)
            } catch {
                if try heads.keys.standing(of: old.id) == .valid { abandon(next) }
                throw error
            }
            current.withLock { $0 = next }
            // The change is made; what is left undone is done when the next one begins.
            try? settle()
            return Change(before: old.id, after: next.id)
        }
    }

    /// Declares the key void, and makes another one that nothing vouches for.
    ///
    /// - Parameter prepare: signs with the new key what this host says from now on; if that fails it
    ///   is left for later.
    /// - Errors: whatever the disk says; trying again goes on where it stopped.
    public func revoke(_ prepare: (HostKey) throws -> Void = { _ in }) throws -> Change {
        try turn.withLock { _ in
            try settle()
            let old = key
            try heads.put(KeyRecord(revoking: old), isExpected: true)
            let change = try renewIfRetired() ?? Change(before: old.id, after: key.id)
            // Trying again would revoke the new key; what was not signed now is signed later.
            try? prepare(key)
            return change
        }
    }

    /// Makes another key if this one was succeeded or revoked by somebody else who has it, or had.
    ///
    /// - Returns: nil if it counts.
    public func renew(_ prepare: (HostKey) throws -> Void = { _ in }) throws -> Change? {
        try turn.withLock { _ in
            guard let change = try renewIfRetired() else { return nil }
            try? prepare(key)
            return change
        }
    }

    /// A revocation of the present key that is not published, to be kept for when the host is lost.
    public func revocation() throws -> KeyRecord { try sign { try KeyRecord(revoking: $0) } }

    @discardableResult
    private func renewIfRetired() throws -> Change? {
        let old = key
        guard try heads.keys.standing(of: old.id) != .valid else { return nil }
        // Or the void key itself would be taken for the next one.
        try settle()
        let next = try makeNext()
        current.withLock { $0 = next }
        try? settle()
        return Change(before: old.id, after: next.id)
    }

    private func requireAnotherSuccession(of host: HostID) throws {
        let keys = try heads.keys.all()
        let length = keys.predecessors(of: host).map { keys.chain(from: $0).count }.max() ?? 1
        guard length <= KeyRecordSet.maximumSuccessions else {
            throw CheckpointError.tooLarge(
                "another key after this one, which would leave who trusts the first behind; revoke it"
                    + " instead. More of a chain", limit: KeyRecordSet.maximumSuccessions)
        }
    }

    /// The key that comes next, on disk for certain.
    private func makeNext() throws -> HostKey {
        let next = try HostKey.load(orCreateAt: Self.next(path), fileSystem: fileSystem)
        try fileSystem.synchronizeDirectory(parentDirectory(of: path))
        return next
    }

    /// Forgets a key that nobody has heard of; if that fails, the change ends at the next start.
    private func abandon(_ next: HostKey) {
        try? heads.forget(next.id)
        try? fileSystem.remove(Self.next(path))
    }

    /// Puts a new key that is in force in the old one's place.
    private func settle() throws {
        guard fileSystem.size(of: Self.next(path)) != nil,
            try HostKey.load(orCreateAt: Self.next(path), fileSystem: fileSystem).id == key.id
        else { return }
        try fileSystem.rename(Self.next(path), to: path)
        try fileSystem.synchronizeDirectory(parentDirectory(of: path))
    }

    private static func next(_ path: String) -> String { path + ".next" }
}
