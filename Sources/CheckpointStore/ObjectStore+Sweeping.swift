public import Foundation

extension ObjectStore {
    private static let damagedPrefix = ".damaged-"

    /// Moves an object whose bytes are not what its name says out of the way, to `.damaged-<id>`:
    /// it is missing then, and whoever has it can give it again.
    ///
    /// Where nothing can be written, it stays.
    func setAside(_ id: ObjectID) {
        let path = path(of: id)
        // From now on it counts how long it lies aside.
        utimes(path, nil)
        try? fileSystem.rename(path, to: "\(directory)/\(Self.damagedPrefix)\(id)")
    }

    /// Removes unfinished files that a crash left behind.
    ///
    /// - Parameter age: seconds since the last write; others may be writing to the same directory,
    ///   so the default is a day.
    public func removeAbandoned(olderThan age: TimeInterval = 86_400, now: Date = .now) throws {
        try fileSystem.removeFiles(
            named: FileSystem.temporaryPrefix, in: directory, unchangedFor: age, now: now)
    }

    /// Removes what came of objects whose rest nobody brought for so many seconds.
    func removePartial(olderThan age: TimeInterval, now: Date) throws {
        try fileSystem.removeFiles(
            named: FileSystem.partialPrefix, in: directory, unchangedFor: age, now: now)
    }

    /// Removes damaged objects that were set aside so many seconds ago.
    func removeDamaged(olderThan age: TimeInterval, now: Date) throws {
        try fileSystem.removeFiles(
            named: Self.damagedPrefix, in: directory, unchangedFor: age, now: now)
    }

    /// Removes objects that came so many seconds ago: for a store where they only wait.
    func removeObjects(olderThan age: TimeInterval, now: Date) throws {
        for id in try ids() {
            guard let came = lastChange(of: id) else { continue }
            if now.timeIntervalSince(came) >= age { try delete(id) }
        }
    }
}

extension CheckpointRepository {
    /// How long the parts of a checkpoint that was never admitted wait for the rest, and how long
    /// damaged objects are kept: 30 days, in seconds.
    public static let retention: TimeInterval = 30 * 86_400

    /// Removes what nobody comes back for: files left unfinished a day ago, and what has waited in
    /// quarantine or lain aside as damaged for longer than ``retention``.
    public func sweep(now: Date = .now) throws {
        for store in [objects, quarantine] {
            try store.removeAbandoned(now: now)
            try store.removePartial(olderThan: Self.retention, now: now)
            try store.removeDamaged(olderThan: Self.retention, now: now)
        }
        try quarantine.removeObjects(olderThan: Self.retention, now: now)
        try heads.removeAbandoned(now: now)
    }
}
