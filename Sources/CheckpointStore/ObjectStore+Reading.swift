import Crypto
public import Foundation
import Synchronization

/// The bytes of an object on their way, in pieces of at most ``ObjectStore/chunkSize``.
///
/// Pull-based: a slow receiver slows the sender, nothing piles up.
public typealias ObjectBody = AsyncThrowingStream<Data, any Error>

/// Whoever reads a whole object and finds that its bytes do not hash to its name sets it aside.
extension ObjectStore {
    private func require(_ found: ObjectID, is id: ObjectID) throws {
        guard found != id else { return }
        setAside(id)
        throw CheckpointError.hashMismatch(expected: id, found: found, place: directory)
    }

    /// Reads a whole object and checks that its bytes still hash to its name.
    public func data(of id: ObjectID, maximumSize: Int = ObjectStore.maximumObjectSize) throws
        -> Data
    {
        let size = try size(of: id)
        guard size <= maximumSize else {
            throw CheckpointError.tooLarge("object \(id)", limit: maximumSize)
        }
        let data = try ObjectFile(path: path(of: id)).read(0..<size)
        let found = ObjectID(hashing: data)
        try require(found, is: id)
        return data
    }

    /// Reads part of an object, unchecked; a range past the end gives the bytes there are.
    public func data(of id: ObjectID, range: Range<Int>) throws -> Data {
        let size = try size(of: id)
        return try ObjectFile(path: path(of: id)).read(range.clamped(to: 0..<size))
    }

    /// Streams an object from `offset` on; from 0 it ends with an error if the bytes do not hash to
    /// the name.
    public func stream(of id: ObjectID, from offset: Int = 0) throws -> ObjectBody {
        let size = try size(of: id)
        let file = try ObjectFile(path: path(of: id))
        let state = Mutex((position: min(max(offset, 0), size), hasher: SHA256()))
        return ObjectBody {
            try state.withLock { state in
                let chunk = try file.read(
                    state.position..<min(state.position + Self.chunkSize, size))
                state.position += chunk.count
                state.hasher.update(data: chunk)
                if !chunk.isEmpty { return chunk }
                let found = ObjectID(state.hasher.finalize())
                if offset == 0 { try require(found, is: id) }
                return nil
            }
        }
    }

    /// Reads the object from disk and throws unless its bytes hash to its name.
    public func verify(_ id: ObjectID) throws {
        let size = try size(of: id)
        let file = try ObjectFile(path: path(of: id))
        var hasher = SHA256()
        try file.readPieces(0..<size) { hasher.update(data: $0) }
        let found = ObjectID(hasher.finalize())
        try require(found, is: id)
    }

    /// An object's bytes without a copy in memory, after ``verify(_:)``.
    ///
    /// Safe to map since objects are never written again; a disk that fails later kills the
    /// process.
    func mapped(_ id: ObjectID) throws -> Data {
        try verify(id)
        return try Data(contentsOf: URL(filePath: path(of: id)), options: .alwaysMapped)
    }

    /// Reads every object and returns those that cannot be read or do not hash to their names, with
    /// the reason.
    public func verifyAll(progress: (Int, Int) -> Void = { _, _ in }) throws
        -> [(id: ObjectID, reason: String)]
    {
        let ids = try ids()
        var damaged: [(id: ObjectID, reason: String)] = []
        for (index, id) in ids.enumerated() {
            do { try verify(id) } catch { damaged.append((id, String(describing: error))) }
            progress(index + 1, ids.count)
        }
        return damaged
    }
}

/// An open object; positioned reads only, so any number of readers may share it.
final class ObjectFile: Sendable {
    private let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failure("open", path) }
    }

    deinit { close(descriptor) }

    /// Reads the range in pieces of at most ``ObjectStore/chunkSize``.
    func readPieces(_ range: Range<Int>, _ piece: (Data) throws -> Void) throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: ObjectStore.chunkSize)
        {
            try piece(read(start..<min(start + ObjectStore.chunkSize, range.upperBound)))
        }
    }

    /// Reads the range, or less of it at the end of the file.
    func read(_ range: Range<Int>) throws -> Data {
        var data = Data(count: range.count)
        var filled = 0
        try data.withUnsafeMutableBytes { bytes in
            while filled < bytes.count {
                let count = pread(
                    descriptor, bytes.baseAddress! + filled, bytes.count - filled,
                    off_t(range.lowerBound + filled))
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw failure("read", path) }
                if count == 0 { break }
                filled += count
            }
        }
        return filled == data.count ? data : data.prefix(filled)
    }
}
