import Foundation

/// Makes sure that one daemon at most works on a state directory.
///
/// An advisory lock (`flock`) on a file that holds the owner's process id. The kernel drops the
/// lock with the process, so a crash never leaves a stale one behind; the file itself stays.
package final class InstanceLock: Sendable {
    private let descriptor: CInt

    /// Takes the lock and writes this process's id into the file.
    ///
    /// - Errors: ``DaemonError/alreadyRunning(stateDirectory:pid:)`` names the holder.
    package init(at path: String, stateDirectory: String) throws(DaemonError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw .stateDirectory(path: path, reason: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.processID(in: descriptor)
            close(descriptor)
            throw .alreadyRunning(stateDirectory: stateDirectory, pid: holder)
        }
        let text = "\(getpid())\n"
        guard ftruncate(descriptor, 0) == 0,
            pwrite(descriptor, text, text.utf8.count, 0) == text.utf8.count
        else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw .stateDirectory(path: path, reason: reason)
        }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    private static func processID(in descriptor: CInt) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
