import Foundation
import Synchronization

/// A directory for one test, gone when the test is; its path is short enough for sockets in it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/attune-test.XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw POSIXError(.init(rawValue: errno) ?? .EIO)
        }
        path = String(cString: made)
        Self.existing.withLock { [path] in _ = $0.insert(path) }
    }

    deinit {
        Self.existing.withLock { [path] in _ = $0.remove(path) }
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A new file, empty or holding the text.
    func file(_ name: String, holding text: String = "") throws -> URL {
        let url = URL(filePath: path).appending(path: "\(name)-\(UUID().uuidString.prefix(8))")
        try Data(text.utf8).write(to: url)
        return url
    }

    /// What is still there when the process ends, because it was shared by tests, goes then.
    private static let existing: Mutex<Set<String>> = {
        atexit {
            let left = Scratch.existing.withLock(\.self)
            for path in left { try? FileManager.default.removeItem(atPath: path) }
        }
        return Mutex([])
    }()
}
