import ControlAPI
import Foundation

/// A file that appears under its name only when it is whole.
final class OutputFile {
    private let path: String
    private let temporary: String
    private let handle: FileHandle
    private var isFinished = false

    init(path: String) throws {
        self.path = path
        temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier).part"
        guard FileManager.default.createFile(atPath: temporary, contents: nil),
            let handle = FileHandle(forWritingAtPath: temporary)
        else {
            throw ControlError(
                .internalError,
                "cannot write \(path): its directory is missing or not writable; choose another")
        }
        self.handle = handle
    }

    func write(_ data: Data) throws {
        try handle.write(contentsOf: data)
    }

    func finish() throws {
        try handle.synchronize()
        try handle.close()
        guard rename(temporary, path) == 0 else {
            throw ControlError(
                .internalError, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
        isFinished = true
    }

    deinit {
        if !isFinished { unlink(temporary) }
    }
}
