public import Foundation

extension Feedback {
    /// The bytes whose SHA-256 identifies this feedback on every host.
    ///
    /// `"attune feedback 1\n"`, then kind, prompt, chosen, rejected. A text is its length in bytes as
    /// a big-endian UInt64 followed by its UTF-8; a missing side is the length 2⁶⁴ − 1 alone; the
    /// prompt is ``canonicalPrompt``. No two different facts share an encoding. `source` is left
    /// out: the same fact heard twice is one fact.
    public var canonicalEncoding: Data {
        var encoder = CanonicalEncoder("attune feedback 1\n")
        encoder.append(kind.rawValue)
        encoder.data.append(canonicalPrompt)
        encoder.append(chosen)
        encoder.append(rejected)
        return encoder.data
    }

    /// The bytes whose SHA-256 identifies the prompt alone: the number of messages as a big-endian
    /// UInt64, then role and content of each.
    public var canonicalPrompt: Data {
        var encoder = CanonicalEncoder("attune prompt 1\n")
        encoder.append(UInt64(prompt.count))
        for message in prompt {
            encoder.append(message.role)
            encoder.append(message.content)
        }
        return encoder.data
    }
}

private struct CanonicalEncoder {
    var data: Data

    init(_ domain: String) { data = Data(domain.utf8) }

    mutating func append(_ number: UInt64) {
        withUnsafeBytes(of: number.bigEndian) { data.append(contentsOf: $0) }
    }

    mutating func append(_ text: String?) {
        guard let text else { return append(UInt64.max) }
        append(UInt64(text.utf8.count))
        data.append(contentsOf: text.utf8)
    }
}
