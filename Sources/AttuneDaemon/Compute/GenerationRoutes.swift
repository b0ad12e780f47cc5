import ControlAPI
import FeedbackFormats
import FeedbackStore
import Foundation
import LanguageModel
import PreferenceLearning

extension RouteTable {
    /// `/v1/generate`
    mutating func serveGeneration(_ daemon: Daemon) {
        serve(ControlRoutes.generate) { call in
            let order = try await call.input()
            let parameters = try order.parameters(defaults: daemon.configuration.sampling)
            let samples = order.samples ?? 1
            guard (1...64).contains(samples) else {
                throw ControlError(
                    .invalidRequest, "cannot draw \(samples) samples: ask for 1 to 64 a prompt")
            }
            let prompts = try order.prompts.enumerated().map { try $1.conversation(at: $0) }
            let model = try await daemon.models.current()
            let checkpoints = daemon.checkpoints
            let policy = try await daemon.store.perform { _ in
                try checkpoints.frozen(checkpoints.resolve(order.checkpoint), on: model)
            }
            let lines = RunningWork.lines { flag, send in
                try await daemon.engine.generate(
                    prompts, samples: samples, parameters: parameters,
                    streaming: order.stream ?? false, model: model, adapter: policy.adapter,
                    flag: flag, emit: { send(.value($0)) })
            }
            return .stream(lines, to: call.request)
        }
    }
}

extension GenerationOrder {
    /// - Errors: ``ControlError`` of kind `invalid-request`, through the engine's own checks.
    fileprivate func parameters(
        defaults: DaemonConfiguration.Sampling
    ) throws -> SamplingParameters {
        let parameters = SamplingParameters(
            temperature: greedy == true ? 0 : temperature ?? defaults.temperature,
            topK: topK ?? defaults.topK, topP: topP ?? defaults.topP, minP: minP ?? defaults.minP,
            maximumTokens: maximumTokens ?? defaults.maximumTokens,
            seed: seed ?? UInt64.random(in: 0..<1 << 53))
        try parameters.validate()
        return parameters
    }
}

extension [Message] {
    /// The messages as the model's template takes them.
    ///
    /// - Errors: ``ControlError`` of kind `invalid-request` unless they end with a user's turn.
    func conversation(at index: Int) throws -> [ChatMessage] {
        guard let last, last.role == "user", !last.content.isEmpty else {
            throw ControlError(
                .invalidRequest,
                "cannot answer prompt \(index): it must end with a user's message that is not empty"
            )
        }
        if let odd = first(where: { !Message.roles.contains($0.role) }) {
            throw ControlError(
                .invalidRequest,
                "cannot answer prompt \(index): \"\(odd.role)\" is no role; use"
                    + " \(Message.roles.sorted().joined(separator: ", "))")
        }
        return map { ChatMessage(role: $0.role, content: $0.content) }
    }
}
