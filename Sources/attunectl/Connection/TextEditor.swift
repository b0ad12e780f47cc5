import ControlAPI
import Foundation

/// The user's own editor on a piece of text.
enum TextEditor {
    /// Returns what the user made of the text, or nil if it stayed as it was or became empty.
    static func edit(_ text: String) throws -> String? {
        let environment = ProcessInfo.processInfo.environment
        let editor = environment["VISUAL"] ?? environment["EDITOR"] ?? "vi"
        let file = FileManager.default.temporaryDirectory
            .appending(path: "attunectl-\(UUID().uuidString).txt")
        guard
            FileManager.default.createFile(
                atPath: file.path, contents: Data(text.utf8),
                attributes: [.posixPermissions: 0o600])
        else {
            throw ControlError(.internalError, "cannot write \(file.path) for the editor")
        }
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", editor + " \"$1\"", "sh", file.path]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ControlError(
                .internalError,
                "cannot edit: `\(editor)` ended with \(process.terminationStatus); set EDITOR")
        }
        let edited = try String(contentsOf: file, encoding: .utf8)
            .trimmingCharacters(in: .newlines)
        return edited.isEmpty || edited == text ? nil : edited
    }
}
