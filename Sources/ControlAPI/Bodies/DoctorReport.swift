/// What the daemon found when it looked at itself.
public struct DoctorReport: JSONBody, Hashable {
    public var checks: [Check]

    public init(checks: [Check]) {
        self.checks = checks
    }

    /// The worst state among the checks.
    public var state: Check.State {
        checks.map(\.state).max() ?? .ok
    }
}

/// One thing looked at.
public struct Check: Codable, Hashable, Sendable {
    /// Ordered from good to bad.
    public enum State: String, Codable, CaseIterable, Comparable, Sendable {
        case ok, warning, failed

        public static func < (left: State, right: State) -> Bool {
            allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
        }
    }

    public var name: String
    public var state: State
    public var found: String
    /// What to do about it; absent when all is well.
    public var advice: String?

    public init(name: String, state: State, found: String, advice: String? = nil) {
        self.name = name
        self.state = state
        self.found = found
        self.advice = advice
    }
}

/// What a full reading of a checkpoint or model found.
public struct VerificationReport: JSONBody, Hashable {
    /// The checkpoint's id, the model's name, or `state` for all that is kept.
    public var subject: String
    public var checks: [Check]

    public init(subject: String, checks: [Check]) {
        self.subject = subject
        self.checks = checks
    }

    /// Whether no check failed.
    public var isSound: Bool {
        !checks.contains { $0.state == .failed }
    }
}

/// How thoroughly to look through what is kept.
public struct StateCheck: JSONBody, Hashable {
    /// Read and hash every byte; presence and sizes must do unless set.
    public var readData: Bool?

    public init(readData: Bool? = nil) {
        self.readData = readData
    }
}

/// The settings in force.
public struct ConfigurationReport: JSONBody, Hashable {
    /// The configuration file that was read, if any.
    public var file: String?
    public var settings: [Setting]

    public init(file: String?, settings: [Setting]) {
        self.file = file
        self.settings = settings
    }

    public struct Setting: Codable, Hashable, Sendable {
        public enum Source: String, Codable, CaseIterable, Sendable {
            case `default`, file, environment, flag
        }

        /// The key as the configuration file has it, dots between levels: `round.beta`.
        public var key: String
        public var value: String
        public var source: Source
        public var summary: String

        public init(key: String, value: String, source: Source, summary: String) {
            self.key = key
            self.value = value
            self.source = source
            self.summary = summary
        }
    }
}
