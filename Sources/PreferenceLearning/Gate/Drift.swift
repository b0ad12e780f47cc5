public import LanguageModel

/// How far a policy has moved from an earlier one.
public enum Drift {
    /// The mean token `KL(policy ‖ earlier)` on the probes' continuations, in nats.
    ///
    /// - Postconditions: 0 for two adapters that compute the same; against the base model the figure
    ///   that the gate holds to its budget.
    /// - Throws: `CancellationError` when the context is cancelled.
    public static func between(
        _ earlier: FrozenModel, and policy: FrozenModel, probes: [Probe] = Probe.neutral,
        context: ComputeContext
    ) throws -> Double {
        guard !probes.isEmpty else { return 0 }
        let divergences = try probes.map {
            try context.meanTokenKL(on: $0, policy: policy.adapter, reference: earlier.adapter)
        }
        return divergences.reduce(0, +) / Double(probes.count)
    }
}

extension ComputeContext {
    func meanTokenKL(
        on probe: Probe, policy: LoRAAdapter?, reference: LoRAAdapter?
    ) throws -> Double {
        let template = model.chatTemplate
        let group = ResponseGroup(
            prompt: template.promptTokens(probe.messages),
            responses: [template.responseTokens(probe.continuation)])
        return try meanTokenKL(group, policy: policy, reference: reference)
    }
}
