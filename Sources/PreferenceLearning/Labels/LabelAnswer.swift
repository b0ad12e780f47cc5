/// An annotator's judgement of a request's candidates.
public enum LabelAnswer: Codable, Hashable, Sendable {
    /// One score per candidate, higher is better.
    case scores([Double])
    /// Indices of the best and the worst candidate.
    case choice(best: Int, worst: Int)

    /// Picks the best and the worst candidate.
    ///
    /// - Returns: nil for a tie: all scores equal, or best and worst the same candidate.
    /// - Edge cases: among equal scores the earliest sample is taken on either end.
    /// - Throws: ``PreferenceLearningError/invalidAnswer(request:reason:)`` for a wrong count, a
    ///   score that is not finite, or an index outside the candidates.
    public func extremes(of request: LabelRequest) throws -> (best: Int, worst: Int)? {
        let count = request.candidates.count
        func refused(_ reason: String) -> PreferenceLearningError {
            .invalidAnswer(request: request.id, reason: reason)
        }
        switch self {
        case .scores(let scores):
            guard scores.count == count else {
                throw refused("\(scores.count) scores for \(count) candidates")
            }
            guard scores.allSatisfy(\.isFinite) else {
                throw refused("a score is not a finite number")
            }
            let best = scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
            let worst = scores.indices.reduce(0) { scores[$1] < scores[$0] ? $1 : $0 }
            return scores[best] > scores[worst] ? (best, worst) : nil
        case .choice(let best, let worst):
            guard request.candidates.indices.contains(best),
                request.candidates.indices.contains(worst)
            else {
                throw refused("best \(best), worst \(worst), but there are \(count) candidates")
            }
            return best == worst ? nil : (best, worst)
        }
    }
}

extension LabelRequest {
    /// Forms the online pair an answer stands for: best candidate over worst.
    ///
    /// - Returns: nil for a tie.
    public func onlinePair(answered answer: LabelAnswer) throws -> PairExample? {
        guard let (best, worst) = try answer.extremes(of: self) else { return nil }
        return PairExample(
            id: "\(id)-\(best)-\(worst)", prompt: pair.prompt, chosen: candidates[best],
            rejected: candidates[worst])
    }
}
