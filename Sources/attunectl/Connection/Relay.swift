import Foundation

/// Carries bytes between standard input and output and a socket, both ways until both have ended.
///
/// The end of one direction is passed on as such (half-close) and leaves the other open: the convention of Docker's
/// contexts.
enum Relay {
    private static let chunkSize = 64 << 10

    static func run(input: Int32, output: Int32, socket: Int32) {
        let inputEnded = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            copy(from: input, to: socket)
            shutdown(socket, Int32(SHUT_WR))
            inputEnded.signal()
        }
        copy(from: socket, to: output)
        close(output)
        inputEnded.wait()
    }

    /// Copies until the source ends or the destination takes no more.
    private static func copy(from source: Int32, to destination: Int32) {
        var buffer = [UInt8](repeating: 0, count: chunkSize)
        while true {
            let count = read(source, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0, Terminal.write(Data(buffer[..<count]), to: destination) else { return }
        }
    }
}
