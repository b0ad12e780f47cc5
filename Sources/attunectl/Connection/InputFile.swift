import ControlAPI
import Foundation

/// Files that a command reads; `-` is standard input.
enum InputFile {
    static func read(_ path: String) throws -> Data {
        do {
            return path == "-"
                ? try FileHandle.standardInput.readToEnd() ?? Data()
                : try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
        } catch let error as CocoaError {
            throw ControlError(
                .notFound, "cannot read \(path): \(error.localizedDescription)")
        }
    }

    static func standardInput() throws -> String {
        String(decoding: try read("-"), as: UTF8.self)
    }

    /// The lines as they are: only line feeds separate them, and empty ones count.
    static func standardInputLines() throws -> [String] {
        var lines = try read("-").split(separator: 10, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }
}
