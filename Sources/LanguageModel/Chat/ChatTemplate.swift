/// The conversation format of a model, recognised from the Jinja template in its file.
///
/// Templates are never run. ChatML is recognised, with or without a default system message
/// (SmolLM2, Qwen 1.5 and 2); anything else is refused.
///
///     <|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n
///
/// Markers, the role line and each message's content are tokenised apart, so that no token spans
/// two of them, and content is never parsed for markers: text that spells `<|im_end|>` stays text.
///
/// - Golden: `Fixtures/chat.json`, made by `Tools/golden/chat.py`.
public struct ChatTemplate: Sendable {
    /// Put before a conversation whose first message is not a system message; nil if nothing is.
    public let defaultSystemMessage: String?
    private let tokenizer: Tokenizer
    private let startOfTurn: TokenID
    private let endOfTurn: TokenID
    private let newline: [TokenID]

    private static let templateKey = "tokenizer.chat_template"

    public init(file: GGUFFile, tokenizer: Tokenizer) throws(GGUFError) {
        let source = try file.string(Self.templateKey)
        guard let template = ChatMLTemplate(source: source) else {
            throw .unusable(
                field: Self.templateKey,
                reason: "the template is not a known form of ChatML, and templates are never run")
        }
        func marker(_ name: String) throws(GGUFError) -> TokenID {
            guard let token = tokenizer.token(named: name), tokenizer.isControl(token) else {
                throw .missing(field: "control token \(name)")
            }
            return token
        }
        defaultSystemMessage = template.defaultSystemMessage
        self.tokenizer = tokenizer
        startOfTurn = try marker("<|im_start|>")
        endOfTurn = try marker("<|im_end|>")
        newline = tokenizer.encode("\n")
    }

    /// The tokens of a conversation, ending with the opened assistant turn.
    public func promptTokens(_ messages: [ChatMessage]) -> [TokenID] {
        var tokens: [TokenID] = []
        if let text = defaultSystemMessage, let first = messages.first, first.role != "system" {
            append(ChatMessage(role: "system", content: text), to: &tokens)
        }
        for message in messages { append(message, to: &tokens) }
        open(role: "assistant", in: &tokens)
        return tokens
    }

    /// The tokens of an answer: its content, then the end of the turn.
    public func responseTokens(_ response: String) -> [TokenID] {
        tokenizer.encode(response) + [endOfTurn]
    }

    private func append(_ message: ChatMessage, to tokens: inout [TokenID]) {
        open(role: message.role, in: &tokens)
        tokens += tokenizer.encode(message.content)
        tokens.append(endOfTurn)
        tokens += newline
    }

    private func open(role: String, in tokens: inout [TokenID]) {
        tokens.append(startOfTurn)
        tokens += tokenizer.encode(role)
        tokens += newline
    }
}
