/// A neutral prompt with a fixed continuation, to see how far a policy drifts where nobody asked it
/// to change.
public struct Probe: Codable, Hashable, Sendable {
    public var prompt: String
    /// Where KL to the base is measured, so that it does not depend on what either model would say.
    public var continuation: String

    public init(prompt: String, continuation: String) {
        self.prompt = prompt
        self.continuation = continuation
    }
}
