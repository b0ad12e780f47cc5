import LanguageModel
import PreferenceLearning

extension PairExample {
    /// A short pair; ids that differ have prompts that differ unless one is given.
    static func sample(
        _ id: String, prompt: String? = nil, chosen: String = "yes", rejected: String = "no"
    ) -> PairExample {
        PairExample(
            id: id, prompt: [ChatMessage(role: "user", content: prompt ?? "about \(id)?")],
            chosen: chosen, rejected: rejected)
    }
}
