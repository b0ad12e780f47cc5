import FeedbackFormats
import Foundation
import GRDB

/// A label request joined with its prompt, its candidates and its standing answer.
struct LabelRequestRow: Decodable, FetchableRecord {
    static let sql = """
        SELECT label_request.id AS id, feedback_id AS feedback, messages, round_id AS round,
            checkpoint_id AS checkpoint, annotator, score, weight, draw, rule, repeats, state, reason,
            asked_at AS askedAt, closed_at AS closedAt, verdict,
            (SELECT json_group_array(text) FROM
                (SELECT text FROM label_candidate WHERE request_id = label_request.id
                 ORDER BY ordinal)) AS candidates
        FROM label_request
        JOIN feedback ON feedback.id = feedback_id
        JOIN prompt ON prompt.id = prompt_id
        LEFT JOIN label_answer ON request_id = label_request.id AND withdrawn_at IS NULL
        """
    var id: String
    var feedback: String
    var messages: String
    var round: Int
    var checkpoint: String?
    var annotator: StoredLabelRequest.Annotator
    var score: Double
    var weight: Double
    var draw: Double
    var rule: StoredLabelRequest.Rule
    var repeats: String?
    var state: StoredLabelRequest.State
    var reason: String?
    var askedAt: Int64
    var closedAt: Int64?
    var verdict: String?
    var candidates: String

    func request() throws -> StoredLabelRequest {
        StoredLabelRequest(
            id: id, feedback: feedback, prompt: try PromptRecord.decode(messages),
            candidates: try JSONDecoder().decode([String].self, from: Data(candidates.utf8)),
            round: round, checkpoint: checkpoint, annotator: annotator, score: score,
            weight: weight, draw: draw, rule: rule, repeats: repeats, state: state, reason: reason,
            askedAt: Timestamp(milliseconds: askedAt).date,
            closedAt: closedAt.map { Timestamp(milliseconds: $0).date },
            verdict: try verdict.map {
                try JSONDecoder().decode(LabelVerdict.self, from: Data($0.utf8))
            })
    }
}

/// A standing answer that made a pair.
struct OnlinePairRow: Decodable, FetchableRecord {
    static let sql = """
        SELECT label_answer.id AS answer, request_id AS request, feedback_id AS feedback,
            feedback_id NOT IN (SELECT feedback_id FROM tombstone) AS offlineIsLive, messages,
            label_answer.chosen AS chosen, label_answer.rejected AS rejected,
            checkpoint_id AS checkpoint, answered_at AS answeredAt
        FROM label_answer
        JOIN label_request ON label_request.id = request_id
        JOIN feedback ON feedback.id = feedback_id
        JOIN prompt ON prompt.id = prompt_id
        WHERE \(makesPair)
        """
    /// Of a `label_answer` with its `label_request`: whether it stands and there is a pair to train on.
    static let makesPair = """
        withdrawn_at IS NULL AND label_answer.chosen IS NOT NULL
            AND (repeats IS NULL OR json_extract(verdict, '$.edited') IS NOT NULL)
        """
    var answer: Int
    var request: String
    var feedback: String
    var offlineIsLive: Bool
    var messages: String
    var chosen: String
    var rejected: String
    var checkpoint: String?
    var answeredAt: Int64

    func pair() throws -> OnlinePair {
        OnlinePair(
            answer: answer, request: request, feedback: feedback, offlineIsLive: offlineIsLive,
            prompt: try PromptRecord.decode(messages), chosen: chosen, rejected: rejected,
            checkpoint: checkpoint, answeredAt: Timestamp(milliseconds: answeredAt).date)
    }
}
