import Foundation
import Testing
import attunectl

@Suite struct RelayTests {
    /// A daemon that goes away while the caller still holds its end open must not leave the caller waiting.
    @Test func endsWithTheSocketThoughTheInputStaysOpen() throws {
        var (input, output, sockets): ([Int32], [Int32], [Int32]) = ([0, 0], [0, 0], [0, 0])
        try #require(pipe(&input) == 0 && pipe(&output) == 0)
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0)
        defer { for descriptor in [input[1], output[0]] { close(descriptor) } }
        #expect(write(sockets[1], "bye", 3) == 3)
        close(sockets[1])
        // The relay's reader of the input holds these two as long as the input is open.
        Relay.run(input: input[0], output: output[1], socket: sockets[0])
        var received = [UInt8](repeating: 0, count: 8)
        #expect(read(output[0], &received, 8) == 3)
        #expect(read(output[0], &received, 8) == 0)
    }
}
