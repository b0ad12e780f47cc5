import ControlAPI
import Foundation

/// Gives up a connection's rights before bytes of somebody else's pass over it.
enum ConnectionPreamble {
    /// Sends the request and reads the whole answer; what follows on the socket is untouched.
    ///
    /// - Errors: ``ControlError`` unless the daemon agrees, after which nothing may be sent.
    static func send(_ limits: ConnectionLimits, over socket: Int32) throws {
        let route = ControlRoutes.limitConnection.route
        let body = try ControlProtocol.encoder().encode(limits)
        let head = """
            \(route.method.rawValue) \(route.path) HTTP/1.1\r
            host: localhost\r
            content-type: \(MediaType.json.rawValue)\r
            content-length: \(body.count)\r
            \(ControlProtocol.versionHeader): \(ControlProtocol.version)\r
            \r

            """
        guard Terminal.write(Data(head.utf8) + body, to: socket) == nil else { throw refusal("") }
        let answer = try readHead(from: socket)
        let lines = answer.split(separator: "\r\n")
        guard let status = lines.first, status.hasPrefix("HTTP/1.1 2") else {
            throw refusal(String(lines.first ?? ""))
        }
        let length = lines.lazy.compactMap { line -> Int? in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.first?.lowercased() == "content-length" else { return nil }
            return Int(parts[1].trimmingCharacters(in: .whitespaces))
        }.first
        for _ in 0..<(length ?? 0) { _ = try readByte(from: socket) }
    }

    /// Up to and with the empty line, byte by byte, so that nothing behind it is taken away.
    private static func readHead(from socket: Int32) throws -> String {
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard bytes.count < 16 << 10 else { throw refusal("too long an answer") }
            bytes.append(try readByte(from: socket))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func readByte(from socket: Int32) throws -> UInt8 {
        var byte: UInt8 = 0
        while true {
            let count = read(socket, &byte, 1)
            if count == 1 { return byte }
            guard count < 0, errno == EINTR else { throw refusal("") }
        }
    }

    private static func refusal(_ said: String) -> ControlError {
        ControlError(
            .forbidden,
            "cannot limit the connection's role: the daemon answered \"\(said)\"; install the same"
                + " release of attunectl and attuned")
    }
}
