import Foundation
import GRDB

/// How often a person who was asked the same thing twice said the same.
public struct AnswerConsistency: Codable, Hashable, Sendable {
    public var agreeing: Int
    public var differing: Int

    public init(agreeing: Int, differing: Int) {
        self.agreeing = agreeing
        self.differing = differing
    }

    /// Answers below which nothing is estimated.
    public static let minimum = 10

    /// The share ε of answers that are wrong, if each of two answers is with the same chance:
    /// `agreeing share = (1 − ε)² + ε²`. At most 0.4; nil while there are too few.
    public var noise: Double? {
        let count = agreeing + differing
        guard count >= Self.minimum else { return nil }
        let share = Double(agreeing) / Double(count)
        return min(0.4, (1 - max(0, 2 * share - 1).squareRoot()) / 2)
    }
}

extension FeedbackStore {
    /// Puts the oldest comparison that a person has answered, and has not been asked again, to the
    /// person once more: its best and its worst candidate, in the other order.
    ///
    /// The answer trains nothing, unless it is an edit; it shows how sure the person's answers are. The
    /// request names the round that is running, and counts in the budget of a day like any other.
    ///
    /// - Returns: the request's id; nil when there is nothing to ask again, or the budget is spent.
    public func askAgain(inRound round: Int, within budget: LabelBudget) throws -> String? {
        try write { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT label_request.*, label_answer.chosen, label_answer.rejected
                    FROM label_request
                    JOIN label_answer ON request_id = label_request.id AND withdrawn_at IS NULL
                    WHERE annotator = 'human' AND state = 'answered' AND repeats IS NULL
                        AND chosen IS NOT NULL AND json_extract(verdict, '$.best') IS NOT NULL
                        AND label_request.id NOT IN (
                            SELECT repeats FROM label_request WHERE repeats IS NOT NULL)
                        AND feedback_id NOT IN (SELECT feedback_id FROM tombstone)
                        AND round_id < ?
                    ORDER BY answered_at LIMIT 1
                    """, arguments: [round])
            guard let row else { return nil }
            guard try Self.hasRoom(within: budget, in: db) else { return nil }
            let first: String = row["id"]
            let id = String(Self.hash(Data("repeat/\(first)".utf8)).prefix(16))
            let sides: [String] = [row["chosen"], row["rejected"]]
            // Where the better one stood before, the worse one stands now.
            let texts = try String.fetchAll(
                db,
                sql: "SELECT text FROM label_candidate WHERE request_id = ? ORDER BY ordinal",
                arguments: [first])
            let stoodFirst = texts.first { sides.contains($0) } ?? sides[0]
            try insert(
                NewLabelRequest(
                    id: id, feedback: row["feedback_id"],
                    candidates: sides.filter { $0 != stoodFirst } + [stoodFirst], round: round,
                    checkpoint: row["checkpoint_id"], annotator: .human, score: row["score"],
                    weight: row["weight"], draw: row["draw"],
                    rule: StoredLabelRequest.Rule(rawValue: row["rule"]) ?? .weight),
                repeats: first, into: db)
            return id
        }
    }

    /// How the answers to repeated requests compare with the first ones.
    public func answerConsistency() throws -> AnswerConsistency {
        try read { db in
            let pairs = try Row.fetchAll(
                db,
                sql: """
                    SELECT later.chosen = earlier.chosen AS agrees, count(*) AS n
                    FROM label_request
                    JOIN label_answer AS later ON later.request_id = label_request.id
                        AND later.withdrawn_at IS NULL
                        AND json_extract(later.verdict, '$.best') IS NOT NULL
                    JOIN label_answer AS earlier ON earlier.request_id = repeats
                        AND earlier.withdrawn_at IS NULL AND earlier.chosen IS NOT NULL
                    WHERE repeats IS NOT NULL GROUP BY 1
                    """)
            return pairs.reduce(into: AnswerConsistency(agreeing: 0, differing: 0)) { result, row in
                if row["agrees"] { result.agreeing = row["n"] } else { result.differing = row["n"] }
            }
        }
    }
}
