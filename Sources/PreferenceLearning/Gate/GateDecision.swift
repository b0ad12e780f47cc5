/// One bound, what was measured against it, and what that means.
public struct GateCheck: Codable, Hashable, Sendable {
    public enum Comparison: String, Codable, Sendable {
        case atLeast = "at-least"
        case atMost = "at-most"
    }

    public enum Outcome: String, Codable, Sendable {
        case passed, failed
        /// The evidence decides neither way.
        case undecided
    }

    public var name: String
    /// nil when nothing could be measured.
    public var value: Double?
    public var bound: Double
    public var comparison: Comparison
    public var outcome: Outcome
    public var explanation: String

    public var passed: Bool { outcome == .passed }

    public init(
        name: String, value: Double?, bound: Double, comparison: Comparison, outcome: Outcome,
        explanation: String
    ) {
        self.name = name
        self.value = value
        self.bound = bound
        self.comparison = comparison
        self.outcome = outcome
        self.explanation = explanation
    }
}

/// Whether a candidate may become the head, and why.
public struct GateDecision: Codable, Hashable, Sendable {
    public enum Verdict: String, Codable, Sendable {
        case promote
        /// A bound is broken: the head stays.
        case keep
        /// No bound is broken, but the held-out pairs do not show the candidate to be as good: the
        /// head stays.
        case insufficientEvidence = "insufficient-evidence"
    }

    public var verdict: Verdict
    public var checks: [GateCheck]
    public var explanation: String

    public init(verdict: Verdict, checks: [GateCheck], explanation: String) {
        self.verdict = verdict
        self.checks = checks
        self.explanation = explanation
    }
}
