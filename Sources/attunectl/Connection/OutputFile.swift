import ControlAPI
package import Foundation

/// A file that appears under its name only when it is whole; a device, pipe or other special file is written as it is.
package final class OutputFile {
    private let path: String
    /// Where the bytes wait for their name; nil when they need none.
    private let temporary: String?
    private let handle: FileHandle
    private var cleanUp: Int?

    /// Opens the file; a symbolic link stands for what it leads to.
    package init(path: String) throws {
        var status = stat()
        let exists = stat(path, &status) == 0
        let kind = status.st_mode & S_IFMT
        var descriptor: Int32
        if exists, kind != S_IFREG {
            self.path = path
            temporary = nil
            descriptor = open(path, O_WRONLY | O_CLOEXEC)
        } else {
            self.path = URL(filePath: path).resolvingSymlinksInPath().path
            let temporary = "\(self.path).\(ProcessInfo.processInfo.processIdentifier).part"
            self.temporary = temporary
            descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            // What was private stays so.
            if exists, descriptor >= 0 { fchmod(descriptor, status.st_mode & 0o777) }
        }
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        cleanUp = temporary.map { temporary in
            Interruption.atExit { unlink(temporary) }
        }
    }

    package func write(_ data: Data) throws {
        if let code = Terminal.write(data, to: handle.fileDescriptor) {
            throw Self.failure(path, code)
        }
    }

    /// Gives the file its name, its bytes being on disk.
    package func finish() throws {
        guard let temporary else { return }
        guard fsync(handle.fileDescriptor) == 0, rename(temporary, path) == 0 else {
            throw Self.failure(path, errno)
        }
        forget()
    }

    deinit {
        if let temporary, cleanUp != nil {
            unlink(temporary)
            forget()
        }
    }

    private func forget() {
        cleanUp.map(Interruption.forget)
        cleanUp = nil
    }

    private static func failure(_ path: String, _ code: Int32) -> ControlError {
        ControlError(
            code == ENOSPC ? .storageFull : .internalError,
            "cannot write \(path): \(String(cString: strerror(code))); choose another file")
    }
}
