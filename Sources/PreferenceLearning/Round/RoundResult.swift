public import LanguageModel

/// What a finished round leaves.
public struct RoundResult: Sendable {
    public var state: RoundState
    /// The trained adapter, whatever the gate says of it.
    public var candidate: LoRAAdapter
    public var metrics: RoundMetrics
    public var gate: GateDecision
}
