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
    ///
    /// - Parameter patience: how long to wait for more behind a short piece, in milliseconds.
    static func copy(from source: Int32, to destination: Int32, patience: Int32 = 0) {
        var buffer = [UInt8](repeating: 0, count: chunkSize)
        while true {
            var count = 0
            repeat {
                let more = buffer.withUnsafeMutableBytes {
                    read(source, $0.baseAddress! + count, $0.count - count)
                }
                if more < 0, errno == EINTR { continue }
                if more < 0, errno == EAGAIN {
                    // A program that shares the descriptor, as ssh does, made it non-blocking.
                    _ = isReady(source, within: -1)
                    continue
                }
                guard more > 0 else {
                    if count > 0 { _ = Terminal.write(Data(buffer[..<count]), to: destination) }
                    return
                }
                count += more
            } while patience > 0 && count < shortPiece && isReady(source, within: patience)
            guard Terminal.write(Data(buffer[..<count]), to: destination) == nil else { return }
        }
    }

    private static let shortPiece = 8 << 10

    private static func isReady(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&poller, 1, milliseconds) > 0
    }
}
