import Foundation

/// One step that changes a disk, named before it is taken so that tests can fail or record it.
package enum FileOperation: Hashable, Sendable {
    case makeDirectory(String)
    case create(String)
    case write(String)
    case synchronize(String)
    case rename(String, to: String)
    case synchronizeDirectory(String)
    case remove(String)
}

/// The few file operations that durable storage is made of.
///
/// Everything stored goes temporary file → fsync → rename → fsync of the directory, so a crash at
/// any step leaves either nothing new or the whole new file. `willPerform` runs before every step;
/// what it throws replaces the step.
package struct FileSystem: Sendable {
    package var willPerform: @Sendable (FileOperation) throws -> Void
    /// Only the owner reads what a store holds; an export is made to be read.
    var newFileMode: mode_t = 0o600
    var newDirectoryMode: mode_t = 0o700

    package init(willPerform: @escaping @Sendable (FileOperation) throws -> Void = { _ in }) {
        self.willPerform = willPerform
    }

    init(newFileMode: mode_t, newDirectoryMode: mode_t) {
        self.init()
        self.newFileMode = newFileMode
        self.newDirectoryMode = newDirectoryMode
    }

    /// Makes the directory and the missing ones above it, each made durable in its parent.
    func makeDirectories(_ path: String) throws {
        if isDirectory(path) { return }
        let parent = parentDirectory(of: path)
        if parent != path { try makeDirectories(parent) }
        try willPerform(.makeDirectory(path))
        if mkdir(path, newDirectoryMode) != 0, errno != EEXIST {
            throw failure("make directory", path)
        }
        try synchronizeDirectory(parent)
    }

    func create(_ path: String) throws -> OutputFile {
        try willPerform(.create(path))
        let descriptor = Foundation.open(
            path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, newFileMode)
        guard descriptor >= 0 else { throw failure("create", path) }
        return OutputFile(path: path, descriptor: descriptor, fileSystem: self)
    }

    /// Takes a file that nobody has open to write on in; nil if it is not there, or taken.
    ///
    /// - Parameter name: what it is called from now on, known to nobody else.
    func take(_ path: String, as name: String) throws -> OutputFile? {
        do {
            try rename(path, to: name)
        } catch CheckpointError.fileOperation(_, _, ENOENT) {
            return nil
        }
        let descriptor = Foundation.open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failure("open", name) }
        return OutputFile(path: name, descriptor: descriptor, fileSystem: self)
    }

    func rename(_ path: String, to target: String) throws {
        try willPerform(.rename(path, to: target))
        if Foundation.rename(path, target) != 0 { throw failure("rename to", target) }
    }

    /// Makes the names in a directory durable; a file system without directory fsync counts as
    /// done.
    func synchronizeDirectory(_ path: String) throws {
        try willPerform(.synchronizeDirectory(path))
        let descriptor = Foundation.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        if fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP {
            throw failure("synchronize", path)
        }
    }

    func remove(_ path: String) throws {
        try willPerform(.remove(path))
        if unlink(path) != 0, errno != ENOENT { throw failure("remove", path) }
    }

    /// Removes a directory; one that is not empty stays.
    func removeDirectory(_ path: String) throws {
        try willPerform(.remove(path))
        if rmdir(path) != 0, errno != ENOENT, errno != ENOTEMPTY { throw failure("remove", path) }
        try synchronizeDirectory(parentDirectory(of: path))
    }

    /// Replaces `path` by a file with these bytes, or leaves it as it was.
    func writeAtomically(_ data: Data, to path: String) throws {
        let file = try create(temporaryName(beside: path))
        do {
            try file.write(data)
            try file.synchronize()
            try rename(file.path, to: path)
        } catch {
            file.discard()
            throw error
        }
        try synchronizeDirectory(parentDirectory(of: path))
    }

    /// A name that no reader takes for content, in the directory of `path` so that rename stays
    /// atomic.
    ///
    /// - Parameter subject: what the name tells besides.
    func temporaryName(beside path: String, of subject: String = "") -> String {
        let directory = parentDirectory(of: path)
        return "\(directory)/\(Self.temporaryPrefix)\(subject)\(UUID().uuidString.lowercased())"
    }

    static let temporaryPrefix = ".incoming-"
    /// Of objects that came in part and wait for the rest; nobody writes these.
    static let partialPrefix = ".partial-"

    /// Removes the files of a directory whose names begin so and that nobody has changed for so many
    /// seconds.
    func removeFiles(
        named prefix: String, in directory: String, unchangedFor age: TimeInterval, now: Date
    ) throws {
        for name in try names(in: directory) where name.hasPrefix(prefix) {
            let path = "\(directory)/\(name)"
            guard let changed = lastChange(of: path) else { continue }
            if now.timeIntervalSince(changed) >= age { try remove(path) }
        }
    }

    /// When a regular file was last written or touched.
    func lastChange(of path: String) -> Date? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Date(timeIntervalSince1970: TimeInterval(status.st_mtim.tv_sec))
    }

    /// The regular file's size in bytes, nil if there is no such regular file.
    func size(of path: String) -> Int? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Names in a directory, sorted; none if the directory does not exist.
    func names(in directory: String) throws -> [String] {
        guard isDirectory(directory) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    }
}

/// A file being written.
final class OutputFile {
    let path: String
    private var descriptor: Int32
    private let fileSystem: FileSystem

    init(path: String, descriptor: Int32, fileSystem: FileSystem) {
        self.path = path
        self.descriptor = descriptor
        self.fileSystem = fileSystem
    }

    deinit { closeDescriptor() }

    func write(_ data: Data) throws {
        try fileSystem.willPerform(.write(path))
        try data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure("write", path) }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Keeps the first bytes only, hands them over in pieces, and goes on behind them.
    func truncate(to size: Int, _ piece: (Data) throws -> Void) throws {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure("truncate", path) }
        try ObjectFile(path: path).readPieces(0..<size, piece)
        guard lseek(descriptor, 0, SEEK_END) == off_t(size) else { throw failure("seek in", path) }
    }

    /// Closes the file and gives it a name by which others find it.
    func publish(as name: String) throws {
        closeDescriptor()
        try fileSystem.rename(path, to: name)
    }

    /// Makes the bytes durable and closes the file.
    func synchronize() throws {
        try fileSystem.willPerform(.synchronize(path))
        if fsync(descriptor) != 0 { throw failure("synchronize", path) }
        closeDescriptor()
    }

    /// Removes the unfinished file; what cannot be removed is left for
    /// ``ObjectStore/removeAbandoned(olderThan:now:)``.
    func discard() {
        closeDescriptor()
        try? fileSystem.remove(path)
    }

    private func closeDescriptor() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }
}

/// The error of the system call that has just failed.
func failure(_ operation: String, _ path: String) -> CheckpointError {
    .fileOperation(operation, path: path, code: errno)
}

/// The directory a path's last component is in; "." for a bare name.
func parentDirectory(of path: String) -> String {
    let parent = (path as NSString).deletingLastPathComponent
    return parent.isEmpty ? "." : parent
}
