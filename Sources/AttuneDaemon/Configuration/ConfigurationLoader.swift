import Configuration
import Foundation
import Synchronization

/// Reads a configuration: command-line flags over the environment over a YAML file over defaults.
package struct ConfigurationLoader: Sendable {
    /// Settings given as flags, by key.
    package var flags: [String: String]
    package var environment: [String: String]
    /// The YAML file; a default location's file may be missing, a named one may not.
    package var file: String?
    package var isFileRequired: Bool

    package init(
        flags: [String: String] = [:],
        environment: [String: String] = ProcessInfo.processInfo.environment,
        file: String? = nil, isFileRequired: Bool = true
    ) {
        self.flags = flags
        self.environment = environment
        self.file = file
        self.isFileRequired = isFileRequired
    }

    /// - Errors: ``ConfigurationError`` for an unreadable file, an unknown key, a value of the
    ///   wrong type or outside its range, and settings that contradict each other.
    package func load() async throws(ConfigurationError) -> LoadedConfiguration {
        var loaded = LoadedConfiguration(configuration: DaemonConfiguration(), sources: [:])
        let sources = try await sources()
        for setting in DaemonConfiguration.settings {
            for source in sources {
                guard let value = try source.value(of: setting) else { continue }
                setting.set(&loaded.configuration, value)
                loaded.sources[setting.key] = source.kind
                break
            }
        }
        try loaded.configuration.validate()
        return loaded
    }

    private func sources() async throws(ConfigurationError) -> [Source] {
        let flagValues = flags.reduce(into: [AbsoluteConfigKey: ConfigValue]()) {
            $0[AbsoluteConfigKey(ConfigKey($1.key))] = .init(.string($1.value), isSecret: false)
        }
        var sources = [
            Source(kind: .flags, provider: InMemoryProvider(name: "flags", values: flagValues)),
            Source(
                kind: .environment,
                provider: EnvironmentVariablesProvider(environmentVariables: environment)
                    .prefixKeys(with: "attune")),
        ]
        if let file, let provider = try await yaml(file) {
            sources.append(Source(kind: .file(file), provider: provider))
        }
        return sources
    }

    private func yaml(
        _ file: String
    ) async throws(ConfigurationError) -> FileProvider<YAMLSnapshot>? {
        let text: String
        do {
            text = try String(contentsOfFile: file, encoding: .utf8)
        } catch {
            guard isFileRequired || FileManager.default.fileExists(atPath: file) else { return nil }
            throw .unreadable(file: file, reason: "it is missing, not readable or not UTF-8 text")
        }
        let hasContent = text.split(whereSeparator: \.isNewline)
            .contains { !$0.trimmingPrefix(while: \.isWhitespace).starts(with: "#") }
        guard hasContent else { return nil }

        // The parser shows every key of the file to its secrets specifier: so none goes unseen.
        let keys = Mutex<[String]>([])
        let provider: FileProvider<YAMLSnapshot>
        do {
            provider = try await FileProvider<YAMLSnapshot>(
                parsingOptions: .init(
                    secretsSpecifier: .dynamic { key, _ in
                        keys.withLock { $0.append(key) }
                        return false
                    }),
                config: ConfigReader(
                    provider: InMemoryProvider(
                        values: ["filePath": .init(.string(file), isSecret: false)])))
        } catch {
            throw .unreadable(file: file, reason: "\(error)")
        }
        let known = DaemonConfiguration.settings.map(\.key)
        for key in keys.withLock(\.self).sorted() where !known.contains(key) {
            throw .unknownKey(
                key, file: file, suggestion: ConfigurationError.nearest(to: key, among: known))
        }
        return provider
    }
}

/// A configuration, and where each value that is not a default came from.
package struct LoadedConfiguration: Sendable {
    /// The kinds of places that settings come from, strongest first.
    package enum Source: Hashable, Sendable {
        case flags, environment
        case file(String)
    }

    package var configuration: DaemonConfiguration
    /// By key; a setting that is not here has its default.
    package var sources: [String: Source]

    package init(configuration: DaemonConfiguration, sources: [String: Source]) {
        self.configuration = configuration
        self.sources = sources
    }
}

/// One place that settings are read from.
private struct Source {
    let kind: LoadedConfiguration.Source
    let provider: any ConfigProvider

    func name(for setting: Setting) -> String {
        switch kind {
        case .flags: "the command line"
        case .environment: setting.environmentVariable
        case .file(let path): path
        }
    }

    /// The setting's value here; nil when this source does not mention it.
    func value(of setting: Setting) throws(ConfigurationError) -> Setting.Value? {
        let key = AbsoluteConfigKey(ConfigKey(setting.key))
        let content: ConfigContent?
        do {
            content = try provider.value(forKey: key, type: setting.domain.configType).value?
                .content
        } catch {
            throw invalid(setting, value: text(of: key))
        }
        guard let content else { return nil }
        guard let value = setting.domain.value(content), setting.domain.contains(value) else {
            throw invalid(setting, value: text(of: key))
        }
        return value
    }

    private func text(of key: AbsoluteConfigKey) -> String? {
        guard let found = try? provider.value(forKey: key, type: .string),
            case .string(let text) = found.value?.content
        else { return nil }
        return text
    }

    private func invalid(_ setting: Setting, value: String?) -> ConfigurationError {
        .invalidValue(
            key: setting.key, source: name(for: setting), value: value,
            expected: setting.domain.expectation)
    }
}

extension Setting.Domain {
    fileprivate var configType: ConfigType {
        switch self {
        case .integer: .int
        case .number: .double
        case .boolean: .bool
        case .text, .choice: .string
        case .list: .stringArray
        }
    }

    fileprivate func value(_ content: ConfigContent) -> Setting.Value? {
        switch content {
        case .string(let text): .text(text)
        case .int(let number): .integer(number)
        case .double(let number): .number(number)
        case .bool(let flag): .boolean(flag)
        case .stringArray(let items): .list(items)
        default: nil
        }
    }
}
