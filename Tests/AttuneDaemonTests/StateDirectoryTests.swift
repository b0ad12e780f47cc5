import AttuneDaemon
import Foundation
import Testing

@Suite struct StateDirectoryTests {
    private func withTemporaryPath(_ body: (String) throws -> Void) rethrows {
        let path = TemporaryDirectory.path()
        defer { TemporaryDirectory.remove(path) }
        try body(path)
    }

    private func mode(_ path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?
            .intValue
    }

    @Test func isMadeForItsOwnerAlone() throws {
        try withTemporaryPath { path in
            let directory = try StateDirectory(opening: path)
            #expect(try mode(path) == 0o700)
            #expect(try mode(directory.rounds) == 0o700)
            #expect((directory.freeBytes ?? 0) > 0)
        }
    }

    @Test func writableByOthersIsRefused() throws {
        try withTemporaryPath { path in
            _ = try StateDirectory(opening: path)
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
            #expect(throws: DaemonError.self) { try StateDirectory(opening: path) }
        }
    }

    @Test func impossiblePathIsRefusedWithReason() {
        #expect(throws: DaemonError.self) { try StateDirectory(opening: "/dev/null/attune") }
    }

    @Test func secondHolderIsRefusedByThePidOfTheFirst() throws {
        try withTemporaryPath { path in
            let directory = try StateDirectory(opening: path)
            let first = try InstanceLock(at: directory.lockFile, stateDirectory: path)
            #expect(throws: DaemonError.alreadyRunning(stateDirectory: path, pid: getpid())) {
                try InstanceLock(at: directory.lockFile, stateDirectory: path)
            }
            withExtendedLifetime(first) {}
        }
    }

    @Test func lockOfAnEndedHolderIsFree() throws {
        try withTemporaryPath { path in
            let directory = try StateDirectory(opening: path)
            do { _ = try InstanceLock(at: directory.lockFile, stateDirectory: path) }
            _ = try InstanceLock(at: directory.lockFile, stateDirectory: path)
        }
    }
}
