public import FeedbackFormats

extension LabelVerdict: JSONBody {}

extension LabelVerdict {
    /// Says why this cannot be a verdict on `candidateCount` candidates, or nothing if it can.
    public func fault(candidateCount: Int) -> String? {
        let indices = 0..<candidateCount
        switch self {
        case .ranking(let best, let worst):
            if !indices.contains(best) || !indices.contains(worst) {
                return "best and worst must be between 0 and \(candidateCount - 1)"
            }
            return best == worst ? "best and worst are the same candidate" : nil
        case .scores(let scores):
            if scores.count != candidateCount {
                return "there are \(candidateCount) candidates but \(scores.count) scores"
            }
            return scores.allSatisfy(\.isFinite) ? nil : "scores must be finite numbers"
        case .edited(let text, let candidate):
            if !indices.contains(candidate) {
                return "the candidate must be between 0 and \(candidateCount - 1)"
            }
            return text.allSatisfy(\.isWhitespace) ? "the edited text is empty" : nil
        case .bothBad:
            return nil
        }
    }
}
