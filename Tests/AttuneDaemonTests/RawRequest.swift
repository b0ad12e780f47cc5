import Foundation

/// Requests a well-behaved client would never send, or on a connection whose state matters.
struct RawRequest {
    let socket: String

    init(socket: String) throws {
        self.socket = socket
    }

    /// Sends a request line with a body and returns the whole answer.
    func send(_ line: String, body: String = "") throws -> String {
        try exchange(Self.text(line, body, "close"))
    }

    /// ``send(_:body:)`` for a test that is not alone.
    func answer(_ line: String, body: String = "") async throws -> String {
        try await answer(to: Self.text(line, body, "close"))
    }

    /// Sends these bytes and returns all that is answered.
    ///
    /// Waits on a thread of its own: the daemon answers on those that tests run on.
    func answer(to text: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try exchange(text) })
            }
        }
    }

    /// Sends requests one after the other on one connection and returns the statuses of the answers.
    func statuses(of requests: [(line: String, body: String)]) async throws -> [Int] {
        let texts = requests.enumerated().map { index, request in
            Self.text(
                request.line, request.body, index + 1 == requests.count ? "close" : "keep-alive")
        }
        return try await answer(to: texts.joined()).matches(of: /HTTP\/1\.1 (\d+)/).compactMap {
            Int($0.1)
        }
    }

    private static func text(_ line: String, _ body: String, _ connection: String) -> String {
        "\(line) HTTP/1.1\r\nHost: attune\r\nConnection: \(connection)\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// A stream socket that is connected to the one of that path.
    static func connect(to path: String) throws -> CInt {
        let descriptor = Foundation.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else {
            close(descriptor)
            throw POSIXError(.init(rawValue: errno) ?? .EIO)
        }
        return descriptor
    }

    /// Sends all, or as much as the other side takes.
    static func send(_ bytes: [UInt8], to descriptor: CInt) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private func exchange(_ text: String) throws -> String {
        let descriptor = try Self.connect(to: socket)
        defer { close(descriptor) }
        Self.send(Array(text.utf8), to: descriptor)
        var answer = Data()
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            answer.append(contentsOf: buffer[..<count])
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
