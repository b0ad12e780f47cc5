import Foundation

/// Carries bytes between standard input and output and a socket, both ways until the socket has ended.
///
/// The end of the input is passed on as such (half-close) and leaves the other direction open; after the socket's end
/// nothing more can come, and who waits for input that nobody sends keeps the far end waiting.
package enum Relay {
    private static let chunkSize = 64 << 10

    package static func run(input: Int32, output: Int32, socket: Int32) {
        Thread.detachNewThread {
            copy(from: input, to: socket)
            shutdown(socket, Int32(SHUT_WR))
        }
        copy(from: socket, to: output)
        close(output)
    }

    /// Copies until the source ends or the destination takes no more.
    private static func copy(from source: Int32, to destination: Int32) {
        var buffer = [UInt8](repeating: 0, count: chunkSize)
        while true {
            let count = read(source, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0, Terminal.write(Data(buffer[..<count]), to: destination) == nil else {
                return
            }
        }
    }
}
