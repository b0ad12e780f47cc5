import Glibc

/// A file's bytes, mapped read-only for as long as this object lives.
///
/// - Precondition: the file does not shrink while it is mapped; like every mapping, a page past a new
///   end raises SIGBUS. Model files are replaced by rename, never written in place.
final class FileMapping: @unchecked Sendable {  // Immutable memory, written by nobody.
    let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    init(path: String) throws(GGUFError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .cannotOpen(path: path, reason: Self.lastError) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .cannotOpen(path: path, reason: Self.lastError)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .cannotOpen(path: path, reason: "it is not a regular file")
        }
        isMapped = true
        guard status.st_size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let size = Int(status.st_size)
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
            start != MAP_FAILED
        else { throw .cannotOpen(path: path, reason: Self.lastError) }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    /// A copy of bytes that are already in memory.
    init(copying source: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 16)
        copy.copyBytes(from: source)
        bytes = UnsafeRawBufferPointer(copy)
        isMapped = false
    }

    deinit {
        if !isMapped {
            bytes.deallocate()
        } else if let start = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
        }
    }

    /// Takes the pages out of this process; they come back from the page cache when read.
    func release() {
        guard isMapped, let start = bytes.baseAddress else { return }
        madvise(UnsafeMutableRawPointer(mutating: start), bytes.count, MADV_DONTNEED)
    }

    private static var lastError: String { String(cString: strerror(errno)) }
}
