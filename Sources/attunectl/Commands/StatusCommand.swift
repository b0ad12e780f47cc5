import ArgumentParser
import ControlAPI

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the daemon, its model, feedback and training.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let status = try await options.connected { try await $0.send(ControlRoutes.status) }
        try options.output.show(status, StatusText.status)
    }
}

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check what could go wrong and say what to do.",
        discussion: "Ends with code 1 if a check failed; warnings do not count.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let report = try await options.connected { try await $0.send(ControlRoutes.doctor) }
        try options.output.show(report) { StatusText.checks($0.checks) }
        if report.state == .failed { throw Ending(.failed) }
    }
}

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show the daemon's settings.",
        subcommands: [Show.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List every setting in force and where its value comes from.")

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let report = try await options.connected {
                try await $0.send(ControlRoutes.configuration)
            }
            try options.output.show(report, StatusText.configuration)
        }
    }
}
