import Foundation
import Subprocess
import Testing
import attunectl

/// An S3 endpoint and a WebDAV server on the loopback interface, and an rclone that knows both.
final class RcloneStores: Sendable {
    private let scratch: Scratch
    private let servers: [Child]
    /// Where the WebDAV server keeps what it gets.
    let folder: String

    /// A PATH in which `rclone` takes this configuration and not the user's.
    var environment: [String: String] { ["PATH": "\(scratch.path)/bin:/usr/bin:/bin"] }
    var program: String { scratch.path + "/bin/rclone" }

    init() async throws {
        let scratch = try Scratch()
        let (s3, webdav) = try (LocalPort.free(), LocalPort.free())
        folder = scratch.path + "/webdav"
        for name in ["webdav", "bin"] {
            try FileManager.default.createDirectory(
                atPath: "\(scratch.path)/\(name)", withIntermediateDirectories: false)
        }
        let settings = try scratch.file(
            "rclone.conf",
            holding: """
                [s3]
                type = s3
                provider = Other
                endpoint = http://127.0.0.1:\(s3)
                access_key_id = test
                secret_access_key = test
                [webdav]
                type = webdav
                url = http://127.0.0.1:\(webdav)
                vendor = other

                """)
        // A bundle of authorities is of no use to it here, and this version cannot read one.
        let script = """
            #!/bin/sh
            unset AWS_CA_BUNDLE
            exec /usr/bin/rclone --config \(settings.path) "$@"
            """
        try Data(script.utf8).write(to: URL(filePath: scratch.path + "/bin/rclone"))
        chmod(scratch.path + "/bin/rclone", 0o755)
        servers = [
            try Child(BuiltProgram.repository + "/Tools/s3-server", ["\(s3)"], in: scratch),
            try Child(
                "/usr/bin/rclone",
                [
                    "serve", "webdav", "--config", settings.path, "--addr", "127.0.0.1:\(webdav)",
                    folder,
                ],
                in: scratch),
        ]
        self.scratch = scratch
        for (server, port) in zip(servers, [s3, webdav]) {
            try await LocalPort.waitUntilOpen(port, of: server, within: .seconds(90))
        }
        let made = try Child(program, ["mkdir", "s3:attune"], in: scratch)
        try #require(await made.end() == .exited(0), "\(made.errors)")
    }

    deinit { stop() }

    func stop() {
        for server in servers { server.signal(SIGKILL) }
    }

    func delete(_ remote: String) async throws {
        let run = try Child(program, ["purge", remote], in: scratch)
        try #require(await run.end() == .exited(0), "\(run.errors)")
    }

    /// The paths of all files below a folder of a remote.
    func files(_ remote: String) async throws -> [String] {
        let list = try Child(program, ["lsf", "-R", "--files-only", remote], in: scratch)
        let ending = await list.end()
        if ending == .exited(3) { return [] }
        try #require(ending == .exited(0), "\(list.errors)")
        return list.output.split(separator: "\n").map(String.init)
    }
}
