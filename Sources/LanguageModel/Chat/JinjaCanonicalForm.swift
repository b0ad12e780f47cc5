/// A Jinja template with the spellings that do not change its output made one.
///
/// Only what chat templates use: `{% %}` and `{{ }}` tags without white-space control, string literals,
/// and line breaks between block tags, which transformers trims (`trim_blocks`, `lstrip_blocks`).
struct JinjaCanonicalForm {
    private(set) var text = ""

    /// Fails where the template holds something else between tags, or a tag without an end.
    init?(_ source: String) {
        var rest = Substring(source)
        var afterBlock = false
        while let open = rest.firstIndex(of: "{") {
            let between = rest[..<open]
            rest = rest[open...]
            let isBlock = rest.hasPrefix("{%")
            guard isBlock || rest.hasPrefix("{{"),
                Self.isTrimmed(between, afterBlock: afterBlock, beforeBlock: isBlock)
            else { return nil }
            afterBlock = isBlock
            guard let tag = Self.takeTag(&rest, closing: afterBlock ? "%}" : "}}") else {
                return nil
            }
            text += tag
        }
        guard Self.isTrimmed(rest, afterBlock: afterBlock, beforeBlock: false) else { return nil }
    }

    /// Whether text between tags leaves nothing in the output: a line break after a block tag is
    /// trimmed, and then the indentation of another.
    private static func isTrimmed(
        _ text: Substring, afterBlock: Bool, beforeBlock: Bool
    ) -> Bool {
        guard !text.isEmpty else { return true }
        let indentation = text.dropFirst()
        return afterBlock && text.hasPrefix("\n")
            && (indentation.isEmpty || (beforeBlock && indentation.allSatisfy { $0 == " " }))
    }

    /// Takes one tag off the front of `rest` and returns it in canonical form.
    private static func takeTag(_ rest: inout Substring, closing: String) -> String? {
        var tag = String(rest.prefix(2))
        rest = rest.dropFirst(2)
        while !rest.isEmpty {
            if rest.hasPrefix(closing) {
                rest = rest.dropFirst(2)
                return tag.replacing("'+'", with: "") + closing
            }
            let character = rest.removeFirst()
            if character == "'" || character == "\"" {
                guard let literal = takeLiteral(&rest, quote: character) else { return nil }
                tag += "'" + literal + "'"
            } else if character.isWhitespace {
                rest = rest.drop(while: \.isWhitespace)
                // Between words white space matters: one space stays there.
                if let last = tag.last, let next = rest.first, next.isLetter,
                    last.isLetter || last == "]"
                {
                    tag.append(" ")
                }
            } else {
                tag.append(character)
            }
        }
        return nil
    }

    /// Takes a literal and its closing quote off the front of `rest`; only `\n` may be escaped.
    private static func takeLiteral(_ rest: inout Substring, quote: Character) -> String? {
        var literal = ""
        while let character = rest.popFirst() {
            switch character {
            case quote: return literal
            case "'", "\"": return nil
            case "\\":
                guard rest.popFirst() == "n" else { return nil }
                literal.append("\n")
            default: literal.append(character)
            }
        }
        return nil
    }
}
