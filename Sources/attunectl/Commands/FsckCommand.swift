import ArgumentParser
import ControlAPI

struct FsckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck", abstract: "Check everything that the daemon keeps.",
        discussion: """
            The database, that every checkpoint is whole, that peers are told of the head in use; with --read-data every \
            byte of checkpoints and model is read and hashed. What is damaged is set aside, and with --repair fetched \
            again from the peers on record. Ends with code 5 if anything is not as it should be.
            """)

    @OptionGroup var options: GlobalOptions
    @Flag(help: "Read and hash every byte.")
    var readData = false
    @Flag(help: "Fetch what is damaged or missing from the peers on record, and check again.")
    var repair = false

    func validate() throws {
        if repair, options.host != nil {
            throw ValidationError("--repair syncs with this host's peers; run it there")
        }
    }

    func run() async throws {
        var report = try await examine()
        if repair, !report.isSound {
            options.output.note("Fetching from the peers on record what is damaged or missing.")
            try await fetch()
            report = try await examine()
        }
        try options.output.show(report) { StatusText.checks($0.checks) }
        if !report.isSound { throw Ending(.integrity) }
    }

    /// Pulls from all peers on record; whatever that brings, a second look tells what is left.
    private func fetch() async throws {
        do {
            var sync = try SyncCommand.parse(["--pull"])
            sync.options = options
            let (reports, failures) = try await options.connected(sync.exchangeWithAll)
            for report in reports { options.output.note(SyncText.report(report)) }
            for failure in failures { Terminal.complain(failure, asJSON: options.json) }
        } catch let error where !(error is CancellationError) {
            Terminal.complain(ControlError(wrapping: error), asJSON: options.json)
        }
    }

    private func examine() async throws -> VerificationReport {
        let display = options.output.progress()
        defer { display.clear() }
        return try await options.connected { client in
            try await client.lines(
                ControlRoutes.checkState, StateCheck(readData: readData)
            ).lastValue(progress: display.update)
        }
    }
}
