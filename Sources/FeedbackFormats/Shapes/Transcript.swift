/// A conversation in one text, as HH-RLHF writes it: `\n\nHuman: …\n\nAssistant: …`.
struct Transcript {
    static let human = "\n\nHuman:"
    static let assistant = "\n\nAssistant:"

    var messages: [Message]

    /// - Edge cases: nil for a text that does not begin with a human's turn; line breaks before it may
    ///   be missing.
    init?(_ text: String) {
        let opening = text.drop(while: \.isNewline)
        guard opening.hasPrefix("Human:") else { return nil }
        let text = "\n\n" + opening
        let turns = [(Self.human, "user"), (Self.assistant, "assistant")]
            .flatMap { mark, role in text.ranges(of: mark).map { (mark: $0, role: role) } }
            .sorted { $0.mark.lowerBound < $1.mark.lowerBound }
        let ends = turns.dropFirst().map(\.mark.lowerBound) + [text.endIndex]
        messages = zip(turns, ends).map { turn, end in
            Message(role: turn.role, content: text[turn.mark.upperBound..<end].trimmed)
        }
    }

    /// The turns before an answer that is about to begin; nil for a text that is not such a transcript.
    static func openPrompt(_ text: String) -> [Message]? {
        guard let messages = Transcript(text)?.messages, messages.last == .assistant("") else {
            return nil
        }
        return messages.dropLast()
    }

    /// Takes two transcripts apart where they part.
    ///
    /// The prompt is what they have in common, cut back to the last `\n\nAssistant:`.
    ///
    /// - Errors: `onePrefixOfOther` when one continues the other; `noCommonPrompt` when they part
    ///   anywhere but in their last turn.
    static func split(
        _ chosen: String, _ rejected: String
    ) throws(FeedbackRefusal) -> (prompt: [Message], chosen: String, rejected: String) {
        if chosen == rejected { throw .identicalSides }
        if chosen.hasPrefix(rejected) || rejected.hasPrefix(chosen) { throw .onePrefixOfOther }
        let common = chosen.commonPrefix(with: rejected)
        guard let boundary = common.ranges(of: assistant).last,
            let prompt = Transcript(String(common[..<boundary.lowerBound]))
        else { throw .noCommonPrompt }
        let length = common[..<boundary.upperBound].count
        let sides = [chosen, rejected].map { String($0.dropFirst(length)) }
        guard sides.allSatisfy({ !$0.contains(human) && !$0.contains(assistant) }) else {
            throw .noCommonPrompt
        }
        return (prompt.messages, sides[0].trimmed, sides[1].trimmed)
    }
}

extension StringProtocol {
    /// Without white space at either end.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }

    /// The characters that both texts begin with, the same in every byte.
    func commonPrefix(with other: some StringProtocol) -> SubSequence {
        var (end, otherEnd) = (startIndex, other.startIndex)
        while end < endIndex, otherEnd < other.endIndex,
            self[end].utf8.elementsEqual(other[otherEnd].utf8)
        {
            formIndex(after: &end)
            other.formIndex(after: &otherEnd)
        }
        return self[..<end]
    }
}
