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
            guard between.isEmpty || (afterBlock && between.allSatisfy(\.isWhitespace)) else {
                return nil
            }
            rest = rest[open...]
            guard rest.hasPrefix("{%") || rest.hasPrefix("{{") else { return nil }
            afterBlock = rest.hasPrefix("{%")
            guard let tag = Self.takeTag(&rest, closing: afterBlock ? "%}" : "}}") else {
                return nil
            }
            text += tag
        }
        guard rest.allSatisfy(\.isWhitespace), rest.isEmpty || afterBlock else { return nil }
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
                // Between words white space matters: keep one space there.
                if let last = tag.last, last.isLetter || last == "]",
                    let next = rest.first(where: { !$0.isWhitespace }), next.isLetter
                {
                    if tag.last != " " { tag.append(" ") }
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
