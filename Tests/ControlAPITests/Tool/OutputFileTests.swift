import ControlAPI
import Foundation
import Testing
import attunectl

@Suite struct OutputFileTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = NSTemporaryDirectory() + "attune-output-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(directory)
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode : 0
    }

    @Test func aSpecialFileIsWrittenAndStays() throws {
        try withDirectory { directory in
            let path = directory + "/pipe"
            #expect(mkfifo(path, 0o600) == 0)
            let reader = open(path, O_RDONLY | O_NONBLOCK)
            defer { close(reader) }

            let file = try OutputFile(path: path)
            try file.write(Data("whole".utf8))
            try file.finish()

            var buffer = [UInt8](repeating: 0, count: 16)
            let count = read(reader, &buffer, buffer.count)
            #expect(String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self) == "whole")
            #expect(mode(path) & S_IFMT == S_IFIFO)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["pipe"])
        }
    }

    @Test func aFileIsReplacedWhenTheNewOneIsWhole() throws {
        try withDirectory { directory in
            let path = directory + "/file"
            try Data("old".utf8).write(to: URL(filePath: path))
            chmod(path, 0o600)
            let file = try OutputFile(path: path)
            try file.write(Data("new".utf8))
            #expect(try text(path) == "old")
            try file.finish()
            #expect(try text(path) == "new")
            #expect(mode(path) == S_IFREG | 0o600, "what was private stays private")
        }
    }

    @Test func aLinkLeadsToTheFile() throws {
        try withDirectory { directory in
            let (path, link) = (directory + "/file", directory + "/link")
            try Data("old".utf8).write(to: URL(filePath: path))
            #expect(symlink("file", link) == 0)
            let file = try OutputFile(path: link)
            try file.write(Data("new".utf8))
            try file.finish()
            #expect(mode(link) & S_IFMT == S_IFLNK)
            #expect(try text(path) == "new")
        }
    }

    @Test func whatWasNotFinishedLeavesNothing() throws {
        try withDirectory { directory in
            do {
                let file = try OutputFile(path: directory + "/file")
                try file.write(Data("half".utf8))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
        }
    }

    @Test func aPlaceThatCannotBeWrittenIsNamed() throws {
        try withDirectory { directory in
            for path in [directory, directory + "/none/file"] {
                let error = #expect(throws: ControlError.self) { try OutputFile(path: path) }
                #expect(error?.message.contains(path) == true)
            }
        }
    }
}
