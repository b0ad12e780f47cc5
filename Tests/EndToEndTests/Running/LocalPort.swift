import Foundation
import Testing

/// Ports of the loopback interface.
enum LocalPort {
    /// One that nobody listens on at this moment.
    static func free() throws -> Int {
        let probe = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(probe, $0, length) == 0 && getsockname(probe, $0, &length) == 0
            }
        }
        try #require(bound)
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Waits until somebody listens; a server that starts tells nobody.
    static func waitUntilOpen(_ port: Int, of server: Child, within limit: Duration) async throws {
        let began = ContinuousClock.now
        while !isOpen(port) {
            try #require(ContinuousClock.now - began < limit, "\(server.errors)\(server.output)")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func isOpen(_ port: Int) -> Bool {
        let probe = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        var address = loopback(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return address
    }
}
