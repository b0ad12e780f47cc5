import ControlAPI
import Foundation
package import Subprocess
import SystemPackage

/// The program `rclone`, which knows seventy kinds of stores; one process for each thing it is asked to do.
package struct Rclone: Sendable {
    /// A file at the remote, by its path below the folder that was listed.
    struct File: Decodable {
        let path: String
        let size: Int

        enum CodingKeys: String, CodingKey { case path = "Path", size = "Size" }
    }

    /// `name:path`, as rclone's own commands take it.
    let remote: String
    /// For what is on its way; only this user can enter it.
    let directory: PrivateDirectory
    let executable: Executable

    package init(
        remote: String, directory: PrivateDirectory, executable: Executable = .name("rclone")
    ) {
        self.remote = remote
        self.directory = directory
        self.executable = executable
    }

    /// The longest list of files that is read, in bytes: about a million files.
    private static let longestList = 256 << 20
    /// A dead connection must end, and nobody may be asked for the password of the configuration.
    private static let flags = [
        "--contimeout", "15s", "--timeout", "60s", "--retries", "3", "--low-level-retries", "3",
        "--ask-password=false", "--log-level", "ERROR",
    ]
    /// rclone's exit statuses for "directory not found" and "file not found".
    private static let missing: Set<Int32> = [3, 4]

    /// The files below a folder; none if there is no such folder.
    ///
    /// - Parameter patterns: which of them, as rclone's filters; nil for all.
    func files(below folder: String, matching patterns: [String]? = nil) async throws -> [File] {
        if let patterns, patterns.isEmpty { return [] }
        var arguments = [
            "lsjson", place(folder), "--recursive", "--files-only", "--no-modtime", "--no-mimetype",
        ]
        arguments += patterns == nil ? ["--fast-list"] : ["--include-from", "-"]
        let list = directory.newPath()
        defer { unlink(list) }
        let file = try FileDescriptor.open(
            list, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: .ownerReadWrite)
        guard
            try await run(
                arguments, input: patterns ?? [],
                output: .fileDescriptor(file, closeAfterSpawningProcess: true))
        else { return [] }
        let json = try Data(contentsOf: URL(filePath: list), options: .alwaysMapped)
        guard json.count <= Self.longestList else { throw unreachable("it has too many files") }
        return try JSONDecoder().decode([File].self, from: json)
    }

    /// A file's bytes; nil if it is not there.
    func data(_ path: String) async throws -> Data? {
        let local = directory.newPath()
        // A folder, if somebody made one of that name.
        defer { try? FileManager.default.removeItem(atPath: local) }
        guard try await run(["copyto", place(path), local], output: .discarded) else { return nil }
        return try? Data(contentsOf: URL(filePath: local))
    }

    /// Copies some files of a folder into a local one; those that are not there are passed over, and those that cannot
    /// be read, as long as others can.
    func fetch(_ names: [String], from folder: String, into local: String) async throws {
        if names.isEmpty { return }
        do {
            _ = try await run(
                [
                    "copy", place(folder), local, "--files-from-raw", "-", "--no-traverse",
                    "--transfers", "16", "--ignore-times",
                ], input: names, output: .discarded)
        } catch let error as ControlError {
            let manager = FileManager.default
            guard names.contains(where: { manager.fileExists(atPath: "\(local)/\($0)") }) else {
                throw error
            }
        }
    }

    /// Writes a file, which on some kinds of stores may be seen before it is whole.
    func store(_ data: Data, as path: String) async throws {
        let local = directory.newPath()
        defer { unlink(local) }
        try data.write(to: URL(filePath: local))
        guard
            try await run(["copyto", local, place(path), "--no-check-dest"], output: .discarded)
        else { throw unreachable("its folder cannot be made") }
    }

    /// Removes files of a folder; those that are not there count as removed.
    func delete(_ names: [String], from folder: String) async throws {
        if names.isEmpty { return }
        _ = try await run(
            ["delete", place(folder), "--include-from", "-"], input: names.map { "/" + $0 },
            output: .discarded)
    }

    private func place(_ path: String) -> String {
        remote + (remote.hasSuffix(":") || remote.hasSuffix("/") ? "" : "/") + path
    }

    /// - Returns: false if the file or folder is not there.
    private func run(
        _ arguments: [String], input: [String] = [], output: some OutputProtocol
    ) async throws -> Bool {
        let status: TerminationStatus
        let complaint: String
        do {
            let result = try await Subprocess.run(
                executable, arguments: Arguments(arguments + Self.flags),
                environment: .inherit.updating([
                    "RCLONE_DRY_RUN": nil, "RCLONE_VERBOSE": nil, "RCLONE_LOG_LEVEL": nil,
                ]),
                input: .string(input.joined(separator: "\n")), output: output,
                error: .string(limit: 64 << 10))
            (status, complaint) = (result.terminationStatus, Self.lastLine(result.standardError))
        } catch let error where !(error is CancellationError) {
            throw ControlError(
                .notFound,
                "cannot run rclone for rclone:\(remote): \(error); is it installed and in PATH?")
        }
        try Task.checkCancellation()
        switch status {
        case .exited(0): return true
        case .exited(let code) where Self.missing.contains(code): return false
        default: throw unreachable(complaint)
        }
    }

    private func unreachable(_ reason: String) -> ControlError {
        ControlError(
            .unreachable, "cannot use rclone:\(remote): \(reason); try `rclone lsf \(remote)`")
    }

    /// What rclone said last, without the time of it.
    private static func lastLine(_ text: String) -> String {
        let line = text.split(separator: "\n").last ?? "rclone failed without a word"
        return String(line.drop { "0123456789/: ".contains($0) })
    }
}
