/// How text is cut into words before the byte pairs of each word are merged.
///
/// The raw values are the names GGUF files use (`tokenizer.ggml.pre`). Each is a regular expression in
/// Hugging Face's tokenizers; here each is a hand-written scan that visits a character at most three
/// times, whatever the text.
public enum PreTokenizer: String, Hashable, Sendable, CaseIterable {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    case gpt2 = "gpt-2"
    /// Every character of `\p{N}` alone; what lies between them as `gpt2`, each stretch by itself.
    case smollm
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|`
    /// `\s*[\r\n]+|\s+(?!\S)|\s+`
    case llamaBPE = "llama-bpe"
    /// As `llamaBPE` with one digit at a time.
    case qwen2

    /// The pre-tokenizer that transformers uses for a GGUF file that names `name`; nil if unknown.
    ///
    /// For every name but one this is `init(rawValue:)`. A `smollm` file is read by transformers as
    /// `gpt2`: it does not set digits apart. No digit merges with anything in that vocabulary, so
    /// ids differ only where two or more white-space characters stand before a digit. Attune follows
    /// transformers, so that every figure can be checked against it; whoever needs the model's own
    /// training convention (llama.cpp's too) passes `.smollm` to `Tokenizer`.
    public static func transformersChoice(for name: String) -> PreTokenizer? {
        switch name {
        case "smollm", "gpt-2", "gpt2": .gpt2
        case "llama-bpe", "llama3", "llama-v3": .llamaBPE
        case "qwen2", "deepseek-r1-qwen": .qwen2
        default: nil
        }
    }

    /// Calls `body` with the byte range of each word of `bytes[range]`, in order and without gaps.
    ///
    /// - Precondition: the bytes are valid UTF-8 and the range cuts no character.
    func forEachWord(
        of bytes: UnsafeBufferPointer<UInt8>, in range: Range<Int>, _ body: (Range<Int>) -> Void
    ) {
        var scanner = ScalarScanner(bytes: bytes, limit: range.upperBound)
        if self == .smollm { scanner.limit = range.lowerBound }
        var start = range.lowerBound
        while start < range.upperBound {
            if start == scanner.limit {
                scanner.limit = range.upperBound
                scanner.limit = Self.endOfStretch(scanner, from: start)
            }
            let end =
                switch self {
                case .gpt2, .smollm: Self.endOfGPT2Word(scanner, from: start)
                case .llamaBPE: Self.endOfLlamaWord(scanner, from: start, digits: 3)
                case .qwen2: Self.endOfLlamaWord(scanner, from: start, digits: 1)
                }
            body(start..<end)
            start = end
        }
    }

    /// Where one number, or a stretch of anything but numbers, ends.
    private static func endOfStretch(_ scanner: ScalarScanner, from start: Int) -> Int {
        var end = start
        while let next = scanner.character(at: end) {
            if next.kind == .number { return end == start ? next.end : end }
            end = next.end
        }
        return end
    }

    private static func endOfGPT2Word(_ scanner: ScalarScanner, from start: Int) -> Int {
        if let end = scanner.endOfContraction(at: start, ignoringCase: false) { return end }
        guard let first = scanner.character(at: start) else { return start }
        if first.kind != .space { return scanner.endOfRun(first.kind, from: first.end) }
        if scanner.byte(at: start) == UInt8(ascii: " "),
            let second = scanner.character(at: first.end), second.kind != .space
        {
            return scanner.endOfRun(second.kind, from: second.end)
        }
        return scanner.endOfSpace(from: start)
    }

    private static func endOfLlamaWord(
        _ scanner: ScalarScanner, from start: Int, digits: Int
    ) -> Int {
        if let end = scanner.endOfContraction(at: start, ignoringCase: true) { return end }
        guard let first = scanner.character(at: start) else { return start }
        switch first.kind {
        case .letter: return scanner.endOfRun(.letter, from: first.end)
        case .number:
            return scanner.endOfRun(.number, from: first.end, maximumCount: digits - 1)
        case .space, .other: break
        }
        if !scanner.isNewline(at: start), let second = scanner.character(at: first.end),
            second.kind == .letter
        {
            return scanner.endOfRun(.letter, from: second.end)
        }
        if first.kind == .other { return endOfSymbols(scanner, from: first.end) }
        if scanner.byte(at: start) == UInt8(ascii: " "),
            let second = scanner.character(at: first.end), second.kind == .other
        {
            return endOfSymbols(scanner, from: second.end)
        }
        return endOfLines(scanner, from: start) ?? scanner.endOfSpace(from: start)
    }

    /// The rest of `[^\s\p{L}\p{N}]+[\r\n]*`.
    private static func endOfSymbols(_ scanner: ScalarScanner, from start: Int) -> Int {
        var end = scanner.endOfRun(.other, from: start)
        while scanner.isNewline(at: end) { end += 1 }
        return end
    }

    /// `\s*[\r\n]+`: up to the last line break of the white space at `start`; nil if it has none.
    private static func endOfLines(_ scanner: ScalarScanner, from start: Int) -> Int? {
        var end = start
        var result: Int?
        while let next = scanner.character(at: end), next.kind == .space {
            if scanner.isNewline(at: end) { result = next.end }
            end = next.end
        }
        return result
    }
}
