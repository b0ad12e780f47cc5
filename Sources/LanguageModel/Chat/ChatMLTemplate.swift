/// Recognises ChatML among Jinja chat templates by comparing canonical forms.
///
/// In canonical form white space inside tags is gone (outside of quotes), quotes are single, `\n`
/// escapes are line breaks, and adjacent literals are joined, so that spellings of the same template
/// compare equal.
struct ChatMLTemplate {
    let defaultSystemMessage: String?

    private static let loop = "{%for message in messages%}"
    private static let systemOpening =
        "{%if loop.first and messages[0]['role']!='system'%}{{'<|im_start|>system\n"
    private static let systemClosing = "<|im_end|>\n'}}{%endif%}"
    private static let turn =
        "{{'<|im_start|>'+message['role']+'\n'+message['content']+'<|im_end|>\n'}}{%endfor%}"
    private static let generation =
        "{%if add_generation_prompt%}{{'<|im_start|>assistant\n'}}{%endif%}"

    init?(source: String) {
        guard let text = JinjaCanonicalForm(source)?.text, text.hasPrefix(Self.loop),
            text.hasSuffix(Self.turn + Self.generation)
        else { return nil }
        let middle = text.dropFirst(Self.loop.count).dropLast((Self.turn + Self.generation).count)
        if middle.isEmpty {
            defaultSystemMessage = nil
            return
        }
        guard middle.hasPrefix(Self.systemOpening), middle.hasSuffix(Self.systemClosing),
            middle.count >= Self.systemOpening.count + Self.systemClosing.count
        else { return nil }
        let message = middle.dropFirst(Self.systemOpening.count).dropLast(Self.systemClosing.count)
        // A quote would end the literal: then the template computes something, and is not known.
        guard !message.contains(where: { "'\\{}".contains($0) }) else { return nil }
        defaultSystemMessage = String(message)
    }
}
