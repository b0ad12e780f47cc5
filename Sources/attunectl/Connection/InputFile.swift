import ControlAPI
import FeedbackFormats
import Foundation

/// Files that a command reads; `-` is standard input.
enum InputFile {
    static func read(_ path: String) throws -> Data {
        do {
            let handle =
                path == "-"
                ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
            return try handle.readToEnd() ?? Data()
        } catch {
            throw ControlError(reading: path, error)
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

/// Rows of preference data from a file, with errors that name it.
struct InputRows {
    private let name: String
    private(set) var file: FeedbackFile

    init(path: String) throws {
        name = path
        do {
            file =
                path == "-" ? FeedbackFile(handle: .standardInput) : try FeedbackFile(path: path)
        } catch {
            throw ControlError(reading: path, error)
        }
    }

    mutating func next() throws -> ImportedRow? {
        do {
            return try file.next()
        } catch {
            throw ControlError(reading: name, error)
        }
    }
}
