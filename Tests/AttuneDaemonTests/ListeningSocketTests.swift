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
}
