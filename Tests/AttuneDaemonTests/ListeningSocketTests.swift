import AttuneDaemon
import Foundation
import Testing

@Suite struct ListeningSocketTests {
    private func withTemporaryPath(_ body: (String) throws -> Void) rethrows {
        let path = TemporaryDirectory.path()
        defer { TemporaryDirectory.remove(path) }
        try body(path)
    }

    private func mode(_ path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?
            .intValue
    }

    @Test func isPrivateUnlessAGroupIsAllowed() throws {
        try withTemporaryPath { path in
            let socket = try ListeningSocket(binding: path, group: nil)
            #expect(try mode(path) == 0o600)
            close(socket.descriptor)
            unlink(path)
            let shared = try ListeningSocket(binding: path, group: getegid())
            #expect(try mode(path) == 0o660)
            close(shared.descriptor)
        }
    }

    @Test func staleSocketIsReplaced() throws {
        try withTemporaryPath { path in
            let crashed = try ListeningSocket(binding: path, group: nil)
            close(crashed.descriptor)
            let socket = try ListeningSocket(binding: path, group: nil)
            close(socket.descriptor)
        }
    }

    @Test func liveSocketIsRefused() throws {
        try withTemporaryPath { path in
            let live = try ListeningSocket(binding: path, group: nil)
            #expect(throws: DaemonError.socketInUse(path: path)) {
                try ListeningSocket(binding: path, group: nil)
            }
            close(live.descriptor)
        }
    }

    @Test func otherFilesAreNeverRemoved() throws {
        try withTemporaryPath { path in
            try "mine".write(toFile: path, atomically: true, encoding: .utf8)
            #expect(throws: DaemonError.self) { try ListeningSocket(binding: path, group: nil) }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        }
    }

    @Test func overlongPathIsRefused() {
        let path = "/tmp/" + String(repeating: "a", count: 120)
        #expect(throws: DaemonError.self) { try ListeningSocket(binding: path, group: nil) }
    }

    @Test func directoriesItMakesAreTheGroupsToPassAndNoWider() throws {
        try withTemporaryPath { path in
            let shared = try ListeningSocket(binding: path + "/run/s.sock", group: getegid())
            #expect(try mode(path) == 0o750)
            #expect(try mode(path + "/run") == 0o750)
            close(shared.descriptor)
        }
        try withTemporaryPath { path in
            let own = try ListeningSocket(binding: path + "/run/s.sock", group: nil)
            #expect(try mode(path) == 0o700)
            #expect(try mode(path + "/run") == 0o700)
            close(own.descriptor)
        }
    }

    @Test func aDirectoryThatIsThereIsOpenedIfThatGivesAwayOnlyNames() throws {
        try withTemporaryPath { path in
            let first = try ListeningSocket(binding: path + "/s.sock", group: nil)
            close(first.descriptor)
            #expect(FileManager.default.createFile(atPath: path + "/private", contents: nil))
            #expect(chmod(path + "/private", 0o600) == 0)
            let shared = try ListeningSocket(binding: path + "/s.sock", group: getegid())
            #expect(try mode(path) == 0o750)
            close(shared.descriptor)

            #expect(chmod(path, 0o700) == 0)
            #expect(chmod(path + "/private", 0o644) == 0)
            let beside = try ListeningSocket(binding: path + "/s.sock", group: getegid())
            #expect(try mode(path) == 0o700)
            close(beside.descriptor)
        }
    }

    @Test func aDirectoryThatCannotBeMadeIsNamed() throws {
        let error = #expect(throws: DaemonError.self) {
            try ListeningSocket(binding: "/dev/null/run/s.sock", group: nil)
        }
        #expect(error?.description.contains("/dev/null/run") == true)
    }
}
