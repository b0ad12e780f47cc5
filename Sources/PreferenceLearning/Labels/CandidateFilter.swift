package import LanguageModel

/// Keeps of a prompt's samples what an annotator can judge.
///
/// Dropped are empty answers (white space counts as nothing), answers cut off by the length limit,
/// and repetitions of an earlier one. Order and text of the others stay as sampled.
package enum CandidateFilter {
    /// - Parameter fits: whether an answer of so many tokens can be trained on beside its prompt.
    /// - Returns: fewer than two when there is nothing to compare.
    package static func usable(
        _ samples: [Completion], fits: (Int) -> Bool, decode: ([TokenID]) -> String
    ) -> [String] {
        var seen: Set<String> = []
        return samples.compactMap { sample in
            guard sample.finishReason == .endOfTurn, fits(sample.tokens.count) else { return nil }
            let text = decode(sample.tokens)
            let content = trimmed(text)
            return !content.isEmpty && seen.insert(content).inserted ? text : nil
        }
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop(while: \.isWhitespace)
        let end = start.lastIndex { !$0.isWhitespace }
        return end.map { String(start[...$0]) } ?? ""
    }
}
