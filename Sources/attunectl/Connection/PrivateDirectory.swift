import ControlAPI
import Foundation

/// A directory that only this user can enter, gone when the value is, or when the tool is interrupted.
package final class PrivateDirectory: Sendable {
    let path: String
    private let cleanUp: Int

    /// Makes it in the user's runtime directory if there is one.
    package init() throws {
        let runtime = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"]
        let made = [runtime, NSTemporaryDirectory()].compactMap(\.self).lazy.compactMap { parent in
            var template = Array((parent + "/attunectl-XXXXXX").utf8CString)
            guard mkdtemp(&template) != nil else { return String?.none }
            return String(
                decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        }.first
        guard let made else {
            throw ControlError(
                .internalError,
                "cannot make a private directory: \(String(cString: strerror(errno))); "
                    + "set TMPDIR to one that is writable")
        }
        path = made
        cleanUp = Interruption.atExit { try? FileManager.default.removeItem(atPath: made) }
    }

    deinit {
        Interruption.forget(cleanUp)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A path in it that nothing has yet.
    func newPath() -> String { "\(path)/\(UUID().uuidString.lowercased())" }
}
