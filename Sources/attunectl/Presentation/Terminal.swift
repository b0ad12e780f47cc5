import ControlAPI
import Foundation

/// Standard output and error, and what is known about them.
enum Terminal {
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1
    static let inputIsTerminal = isatty(STDIN_FILENO) == 1

    /// Whether somebody can be asked: there is a controlling terminal, or a desktop for a window.
    static let hasPerson: Bool = {
        let environment = ProcessInfo.processInfo.environment
        if environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil,
            environment["INVOCATION_ID"] == nil
        {
            return true
        }
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        if terminal >= 0 { close(terminal) }
        return terminal >= 0
    }()

    /// Whether to colour what goes to standard output (https://no-color.org).
    static let usesColour =
        outputIsTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty

    /// Keeps a reader that hangs up from killing the tool in the middle of its work.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// The terminal's columns; 80 when nobody knows.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    static func write(_ text: String) { write(Data(text.utf8)) }

    /// Writes at once, unbuffered; ends the tool quietly if the reader has gone, as `… | head` does, and with an error
    /// if the output cannot be written.
    static func write(_ output: Data) {
        guard let code = write(output, to: STDOUT_FILENO) else { return }
        if code == EPIPE { exit(ToolExit.done) }
        writeError("attunectl: cannot write the output: \(String(cString: strerror(code)))\n")
        exit(ToolExit.failed)
    }

    static func writeError(_ text: String) {
        _ = write(Data(text.utf8), to: STDERR_FILENO)
    }

    /// Writes an error where people and scripts look for it.
    static func complain(_ error: ControlError, asJSON: Bool) {
        if asJSON, let data = try? ControlProtocol.encoder().encode(ErrorBody(error: error)) {
            writeError(String(decoding: data, as: UTF8.self) + "\n")
        } else {
            // A part of it may be another host's words.
            writeError("attunectl: \(Format.printable(error.message))\n")
        }
    }

    static func exit(_ code: ToolExit) -> Never {
        Interruption.cleanUp()
        Foundation.exit(code.rawValue)
    }

    /// Returns what went wrong, as an errno; nil when all is written.
    static func write(_ data: Data, to descriptor: Int32) -> Int32? {
        data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                rest = rest.dropFirst(count)
            }
            return nil
        }
    }

    /// Whether the person at the terminal says yes; anything else is a no.
    static func confirms(_ question: String) -> Bool {
        writeError(question + " [y/N] ")
        return readLine().map { ["y", "yes"].contains($0.lowercased()) } ?? false
    }
}
