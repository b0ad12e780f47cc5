/// The shapes of preference data that rows are recognised by.
public enum FeedbackFormat: String, Codable, CaseIterable, Hashable, Sendable {
    case attune
    case metaAPO = "metaapo"
    case trl
    case trlUnpaired = "trl-unpaired"
    case openAI = "openai"
    case hhRLHF = "hh-rlhf"
    case ultraFeedback = "ultrafeedback"
    case llamaFactory = "llama-factory"
    case openRLHF = "openrlhf"
    case openWebUI = "open-webui"
    case fastChat = "fastchat"
    case argilla
    case ranked
}
