import Foundation
import Testing

/// An sshd on the loopback interface with keys of its own, and an ssh that goes to it with those keys.
///
/// Its sessions see a PATH with the built `attunectl` first, as on a host where Attune is installed.
final class SSHServer {
    private static let program = "/usr/sbin/sshd"
    private let scratch: Scratch
    private let child: Child
    let port: Int

    var address: String { "ssh://\(NSUserName())@127.0.0.1:\(port)" }

    /// The `ssh` that goes to it.
    var program: String { scratch.path + "/bin/ssh" }

    /// A PATH in which `ssh` takes this server's configuration and not the user's.
    let environment: [String: String]

    init() async throws {
        try #require(
            FileManager.default.isExecutableFile(atPath: Self.program),
            "sshd is missing; run `Tools/setup test`")
        let scratch = try Scratch()
        let port = try LocalPort.free()
        let path = scratch.path
        for key in ["host_key", "user_key"] {
            let made = try Child(
                "/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "\(path)/\(key)"],
                in: scratch)
            try #require(await made.end() == .exited(0), "\(made.errors)")
        }
        try FileManager.default.copyItem(
            atPath: path + "/user_key.pub", toPath: path + "/authorized_keys")
        let ssh = """
            #!/bin/sh
            exec /usr/bin/ssh -F none -i \(path)/user_key -o IdentitiesOnly=yes -o BatchMode=yes \\
                -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=\(path)/known_hosts "$@"
            """
        try FileManager.default.createDirectory(
            atPath: path + "/bin", withIntermediateDirectories: false)
        try Data(ssh.utf8).write(to: URL(filePath: path + "/bin/ssh"))
        chmod(path + "/bin/ssh", 0o755)
        let settings = try scratch.file(
            "sshd_config",
            holding: """
                ListenAddress 127.0.0.1:\(port)
                HostKey \(path)/host_key
                PidFile none
                AuthorizedKeysFile \(path)/authorized_keys
                PasswordAuthentication no
                KbdInteractiveAuthentication no
                PermitRootLogin prohibit-password
                StrictModes no
                UsePAM no
                SetEnv PATH=\(BuiltProgram.folder):/usr/bin:/bin

                """)
        if geteuid() == 0 {
            try FileManager.default.createDirectory(
                atPath: "/run/sshd", withIntermediateDirectories: true)
        }
        child = try Child(Self.program, ["-D", "-e", "-f", settings.path], in: scratch)
        self.scratch = scratch
        self.port = port
        environment = ["PATH": path + "/bin:/usr/bin:/bin"]
        try await waitUntilItAnswers(within: .seconds(20))
    }

    deinit {
        child.signal(SIGKILL)
    }

    /// From now on the key runs this, whatever it is asked for.
    func force(_ command: String) throws {
        let key = try String(contentsOfFile: scratch.path + "/user_key.pub", encoding: .utf8)
        try Data("command=\"\(command)\",restrict \(key)".utf8)
            .write(to: URL(filePath: scratch.path + "/authorized_keys"))
    }

    func stop() async {
        child.signal(SIGTERM)
        _ = await child.end()
    }

    /// sshd tells nobody when it is ready, so it is asked: a login that works is the sign.
    private func waitUntilItAnswers(within limit: Duration) async throws {
        let began = ContinuousClock.now
        while true {
            let login = try Child(
                scratch.path + "/bin/ssh",
                ["-p", "\(port)", "-l", NSUserName(), "127.0.0.1", "true"], in: scratch)
            if await login.end() == .exited(0) { return }
            try #require(
                ContinuousClock.now - began < limit, "\(login.errors)\n\(child.errors)")
        }
    }
}
