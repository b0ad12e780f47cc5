import Foundation

/// A directory for one test, gone when the test is; its path is short enough for sockets in it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/attune-test.XXXXXX\0".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw CocoaError(.fileWriteUnknown)
        }
        path = String(cString: made)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A new file, empty or holding the text.
    func file(_ name: String, holding text: String = "") throws -> URL {
        let url = URL(filePath: path).appending(path: "\(name)-\(UUID().uuidString.prefix(8))")
        try Data(text.utf8).write(to: url)
        return url
    }
}
