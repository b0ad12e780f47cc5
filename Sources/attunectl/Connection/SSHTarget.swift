/// A daemon behind ssh.
package struct SSHTarget: Hashable, Sendable {
    package var user: String?
    package var host: String
    package var port: Int?
    /// The socket's path there; the remote tool looks for it unless said.
    package var socket: String?

    package init(user: String?, host: String, port: Int?, socket: String?) {
        self.user = user
        self.host = host
        self.port = port
        self.socket = socket
    }

    /// What to start ssh with. No terminal is asked for; the user's own ssh configuration holds for the rest.
    ///
    /// - Parameter isAttended: Whether somebody can answer; where nobody can, as in a service, a question is an error.
    package func arguments(isAttended: Bool) -> [String] {
        // A link that is gone ends the connection within a minute; TCP alone waits a quarter of an hour.
        var arguments = ["-T", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3"]
        if !isAttended { arguments += ["-o", "BatchMode=yes"] }
        if let user { arguments += ["-l", user] }
        if let port { arguments += ["-p", String(port)] }
        arguments += ["--", host, "attunectl", "dial-stdio"]
        if let socket { arguments += ["--socket", socket.quotedForShell] }
        return arguments
    }
}

extension String {
    /// The text as one word of a POSIX shell, since ssh hands its command to the remote user's shell.
    package var quotedForShell: String {
        "'" + replacing("'", with: #"'\''"#) + "'"
    }
}
