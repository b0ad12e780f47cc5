import Foundation

/// Where a peer or remote is: `ssh://user@host[:port]`, `unix:///path`, `dir:///path` or
/// `rclone:remote:path`.
public enum PeerAddress: Hashable, Sendable {
    /// A daemon on another host, reached by running `attunectl dial-stdio` there.
    case ssh(user: String?, host: String, port: Int?)
    /// A daemon on this host, by the path of its socket.
    case unix(path: String)
    /// A plain directory.
    case directory(path: String)
    /// A store that rclone knows, such as a bucket, as its own commands take it: `name:path`.
    case rclone(remote: String)

    /// Whether a daemon answers there, as opposed to a place that just keeps things.
    public var isDaemon: Bool {
        switch self {
        case .ssh, .unix: true
        case .directory, .rclone: false
        }
    }

    /// Reads an address.
    ///
    /// - Errors: ``CheckpointError/invalidPeerAddress(_:reason:)``. A user or host that begins with
    ///   `-` is refused, since ssh would take it for an option.
    public init(_ text: String) throws {
        func invalid(_ reason: String) -> CheckpointError {
            .invalidPeerAddress(text, reason: reason)
        }
        guard !text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else {
            throw invalid("a control character stands in it")
        }
        if text.hasPrefix(Self.rclonePrefix) {
            self = try Self.rclone(String(text.dropFirst(Self.rclonePrefix.count)), invalid)
            return
        }
        guard let separator = text.range(of: "://") else {
            throw invalid("write ssh://user@host, unix:///path, dir:///path or rclone:remote:path")
        }
        let rest = String(text[separator.upperBound...])
        switch text[..<separator.lowerBound] {
        case "unix": self = .unix(path: try Self.absolutePath(rest, invalid))
        case "dir": self = .directory(path: try Self.absolutePath(rest, invalid))
        case "ssh": self = try Self.ssh(rest, invalid)
        case let scheme:
            throw invalid(
                "the scheme \(quoted(String(scheme))) is not one of ssh, unix, dir and rclone")
        }
    }

    private static func absolutePath(
        _ path: String, _ invalid: (String) -> CheckpointError
    ) throws -> String {
        guard path.hasPrefix("/") else {
            throw invalid(
                "the path must be absolute, with three slashes: unix:///path, dir:///path")
        }
        guard path.count > 1 else { throw invalid("the path is empty") }
        return path
    }

    private static let rclonePrefix = "rclone:"

    private static func rclone(
        _ remote: String, _ invalid: (String) -> CheckpointError
    ) throws -> PeerAddress {
        guard let colon = remote.firstIndex(of: ":"), colon > remote.startIndex else {
            throw invalid(
                "name a remote of rclone's configuration and a path in it: rclone:remote:path")
        }
        guard !remote.hasPrefix("-") else { throw invalid("the remote begins with '-'") }
        guard !remote[..<colon].contains(where: { "/,=".contains($0) }) else {
            throw invalid(
                "its name has a '/', ',' or '='; settings, and keys above all, belong into rclone's"
                    + " configuration")
        }
        return .rclone(remote: remote)
    }

    private static func ssh(
        _ rest: String, _ invalid: (String) -> CheckpointError
    ) throws -> PeerAddress {
        let parts = rest.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count <= 2, let last = parts.last else { throw invalid("it has two '@'") }
        let user = parts.count == 2 ? String(parts[0]) : nil
        let (host, port) = try hostAndPort(last, invalid)
        for (what, word) in [("user", user ?? "x"), ("host", host)] {
            guard let first = word.utf8.first, first != UInt8(ascii: "-"),
                word.utf8.allSatisfy(isNameByte)
            else {
                throw invalid("the \(what) is empty, begins with '-' or has an unusual character")
            }
        }
        return .ssh(user: user, host: host, port: port)
    }

    /// Splits `host`, `host:port`, `[v6]` and `[v6]:port`.
    private static func hostAndPort(
        _ text: Substring, _ invalid: (String) -> CheckpointError
    ) throws -> (String, Int?) {
        var (host, port) = (text, Substring?.none)
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let tail = text[text.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { throw invalid("']' ends a host") }
            port = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard let port else { return (String(host), nil) }
        guard let number = UInt16(port), number > 0 else {
            throw invalid("the port must be a number from 1 to 65535, and nothing may follow it")
        }
        return (String(host), Int(number))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._:%+".utf8.contains(byte)
        }
    }
}

extension PeerAddress: CustomStringConvertible {
    /// The address as it is written; reading it again gives the same value.
    public var description: String {
        switch self {
        case .unix(let path): return "unix://" + path
        case .directory(let path): return "dir://" + path
        case .rclone(let remote): return Self.rclonePrefix + remote
        case .ssh(let user, let host, let port):
            let bracketed = host.contains(":") ? "[\(host)]" : host
            return "ssh://" + (user.map { $0 + "@" } ?? "") + bracketed
                + (port.map { ":\($0)" } ?? "")
        }
    }
}
