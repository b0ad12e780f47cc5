import ControlAPI
import Foundation

/// Where a command's results go: text for people, or JSON with stable keys for programs.
struct Output {
    let json: Bool
    let quiet: Bool

    /// Writes one result: a line of JSON, or what `text` makes of it.
    func show<Value: Encodable>(_ value: Value, _ text: (Value) -> String) throws {
        if json {
            try line(value)
        } else {
            let text = text(value)
            if !text.isEmpty { Terminal.write(text.hasSuffix("\n") ? text : text + "\n") }
        }
    }

    /// Writes a list: a line of JSON for each item, or one text for all.
    func list<Item: Encodable>(_ items: [Item], _ text: ([Item]) -> String) throws {
        if json {
            for item in items { try line(item) }
        } else {
            try show(items, text)
        }
    }

    func line(_ value: some Encodable) throws {
        let data = try ControlProtocol.encoder().encode(value)
        Terminal.write(String(decoding: data, as: UTF8.self) + "\n")
    }

    /// Says something to a person on standard error, where it does not get into the results.
    func note(_ message: String) {
        if !quiet { Terminal.writeError(message + "\n") }
    }

    func progress() -> ProgressDisplay {
        ProgressDisplay(
            style: quiet
                ? .silent : Terminal.errorIsTerminal ? .bar(width: Terminal.width) : .lines,
            write: Terminal.writeError)
    }
}
