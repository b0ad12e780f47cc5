import AttuneDaemon
import Foundation
import PreferenceLearning
import Testing

@Suite struct ConfigurationTests {
    private func load(
        yaml: String? = nil, environment: [String: String] = [:], flags: [String: String] = [:]
    ) async throws -> LoadedConfiguration {
        guard let yaml else {
            return try await ConfigurationLoader(flags: flags, environment: environment).load()
        }
        let path = TemporaryDirectory.path() + ".yaml"
        try yaml.write(toFile: path, atomically: true, encoding: .utf8)
        defer { TemporaryDirectory.remove(path) }
        return try await ConfigurationLoader(flags: flags, environment: environment, file: path)
            .load()
    }

    @Test func nothingGivenMeansDefaults() async throws {
        let loaded = try await load()
        #expect(loaded.configuration == DaemonConfiguration())
        #expect(loaded.sources.isEmpty)
    }

    @Test func flagsWinOverEnvironmentOverFile() async throws {
        let yaml = """
            # what a person writes
            socket: /file.sock
            model: /file.gguf
            training:
              batchSize: 16
              learningRate: 2e-4
            annotator:
              kind: command
              command: [python3, "-u", judge.py]
            """
        let loaded = try await load(
            yaml: yaml,
            environment: ["ATTUNE_MODEL": "/env.gguf", "ATTUNE_SOCKET": "/env.sock", "HOME": "/x"],
            flags: ["socket": "/flag.sock"])
        let configuration = loaded.configuration
        #expect(configuration.socket == "/flag.sock")
        #expect(configuration.model == "/env.gguf")
        #expect(configuration.training.round.batchSize == 16)
        #expect(configuration.training.round.learningRate == 2e-4)
        #expect(configuration.annotator.command == ["python3", "-u", "judge.py"])
        #expect(loaded.sources["socket"] == .flags)
        #expect(loaded.sources["model"] == .environment)
        #expect(loaded.sources["threads"] == nil)
    }

    @Test func environmentReachesNestedKeysAndLists() async throws {
        let configuration = try await load(environment: [
            "ATTUNE_STATE_DIR": "/s", "ATTUNE_TRAINING_BATCH_SIZE": "4",
            "ATTUNE_TRAINING_CHUNK_SIZE": "8", "ATTUNE_ANNOTATOR_KIND": "command",
            "ATTUNE_ANNOTATOR_COMMAND": "judge,--strict",
        ]).configuration
        #expect(configuration.stateDir == "/s")
        #expect(configuration.training.round.batchSize == 4)
        #expect(configuration.annotator.command == ["judge", "--strict"])
    }

    @Test(arguments: DaemonConfiguration.settings.map(\.key))
    func everySettingReadsWhatItWrites(key: String) throws {
        let setting = try #require(DaemonConfiguration.settings.first { $0.key == key })
        let defaults = DaemonConfiguration()
        let other: Setting.Value =
            switch (setting.domain, setting.get(defaults)) {
            case (.integer(let range), .integer(let value)):
                .integer(value == range.upperBound ? range.lowerBound : value + 1)
            case (.number(let range), .number(let value)):
                .number(
                    value == range.upperBound ? range.lowerBound : (value + range.upperBound) / 2)
            case (.boolean, .boolean(let value)): .boolean(!value)
            case (.list, _): .list(["a", "b"])
            case (.choice(let choices), let value):
                .text(choices.first { .text($0) != value } ?? "")
            default: .text("other")
            }
        var changed = defaults
        setting.set(&changed, other)
        for each in DaemonConfiguration.settings {
            guard each.key == key else {
                #expect(each.get(changed) == each.get(defaults), "\(key) also sets \(each.key)")
                continue
            }
            if case .number(let wanted) = other, case .number(let got) = each.get(changed) {
                #expect(abs(got - wanted) <= 1e-6 * abs(wanted))
            } else {
                #expect(each.get(changed) == other)
            }
        }
    }

    @Test func keysAndVariablesAreDistinct() {
        let settings = DaemonConfiguration.settings
        #expect(Set(settings.map(\.key)).count == settings.count)
        #expect(Set(settings.map(\.environmentVariable)).count == settings.count)
    }

    @Test func unknownKeyIsRefusedWithTheNearestOne() async throws {
        await #expect(throws: ConfigurationError.self) {
            try await load(yaml: "trainig:\n  beta: 1")
        }
        do {
            _ = try await load(yaml: "training:\n  batchsize: 4")
            Issue.record("an unknown key was accepted")
        } catch ConfigurationError.unknownKey(let key, _, let suggestion) {
            #expect(key == "training.batchsize")
            #expect(suggestion == "training.batchSize")
        }
    }

    @Test(arguments: [
        ("training:\n  batchSize: many", "training.batchSize"),
        ("training:\n  batchSize: 0", "training.batchSize"),
        ("training:\n  beta: -1", "training.beta"),
        ("annotator:\n  kind: robot", "annotator.kind"),
        ("socket: [a, b]", "socket"),
    ])
    func badValueIsRefusedByName(yaml: String, key: String) async throws {
        do {
            _ = try await load(yaml: yaml)
            Issue.record("\(yaml) was accepted")
        } catch ConfigurationError.invalidValue(let found, let source, _, _) {
            #expect(found == key)
            #expect(source?.hasSuffix(".yaml") == true)
        }
    }

    @Test(arguments: [
        "annotator:\n  kind: command", "training:\n  batchSize: 5\n  chunkSize: 7",
    ])
    func contradictionsAreRefused(yaml: String) async {
        await #expect {
            try await load(yaml: yaml)
        } throws: { error in
            if case .inconsistent = error as? ConfigurationError { true } else { false }
        }
    }

    @Test func malformedAndMissingFilesAreRefused() async throws {
        await #expect(throws: ConfigurationError.self) { try await load(yaml: "a: [1") }
        await #expect(throws: ConfigurationError.self) {
            try await ConfigurationLoader(environment: [:], file: "/nowhere.yaml").load()
        }
        let optional = ConfigurationLoader(
            environment: [:], file: "/nowhere.yaml", isFileRequired: false)
        #expect(try await optional.load().configuration == DaemonConfiguration())
    }

    @Test func emptyAndCommentOnlyFilesMeanDefaults() async throws {
        for yaml in ["", "\n", "# nothing\n  # here\n"] {
            #expect(try await load(yaml: yaml).configuration == DaemonConfiguration())
        }
    }

    /// `ATTUNE_REGENERATE=1` writes the file anew.
    @Test func publishedSchemaIsTheSettings() throws {
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("Schemas/configuration.schema.json")
        let document = try ConfigurationSchema.document()
        if ProcessInfo.processInfo.environment["ATTUNE_REGENERATE"] == "1" {
            try document.write(to: file)
        }
        #expect(try Data(contentsOf: file) == document)
    }
}
