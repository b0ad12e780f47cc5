import ArgumentParser
import ControlAPI
import Foundation

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Show what happens, as it happens, until Ctrl-C.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let output = options.output
        try await options.connected { client in
            for try await event in try await client.lines(ControlRoutes.events) {
                try output.show(event, Self.text)
            }
        }
    }

    private static func text(_ event: Event) -> String {
        let kind = event.kind.rawValue.padding(toLength: 21, withPad: " ", startingAt: 0)
        return "\(Format.clock(event.at))  \(kind)  \(event.message)"
    }
}
