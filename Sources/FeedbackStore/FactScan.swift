import Crypto
import FeedbackFormats
import Foundation
import GRDB

/// Goes through what is known of facts in the order of their hashes, as a merge of four indices.
struct FactScan {
    /// What is known of one fact.
    struct Fact {
        var hash: String
        var retractedAt: Int64?
        var reason: String?
        var erasedAt: Int64?
        var checkpoints: [String] = []

        var fact: FeedbackFact {
            FeedbackFact(
                hash: hash,
                retraction: retractedAt.map {
                    Retraction(at: Timestamp(milliseconds: $0).date, reason: reason)
                }, erasedAt: erasedAt.map { Timestamp(milliseconds: $0).date },
                checkpoints: checkpoints)
        }

        /// One line a statement; no two different facts feed the same bytes.
        func feed(_ hasher: inout SHA256) {
            var line = hash
            if let erasedAt {
                line += "e\(erasedAt)"
            } else if let retractedAt {
                line += "r\(retractedAt)/\(reason?.utf8.count ?? 0)/\(reason ?? "")"
            }
            for checkpoint in checkpoints { line += "c\(checkpoint)" }
            line += "\n"
            line.withUTF8 { hasher.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        }
    }

    private var feedback: Peeking
    private var tombstones: Peeking
    private var erasures: Peeking
    private var marks: Peeking

    /// - Parameters:
    ///   - prefix: what the hashes begin with, at most 16 digits.
    ///   - last: a hash that they come after.
    /// - Precondition: no other scan of this connection is under way.
    init(_ db: Database, prefix: String, after last: String? = nil) throws {
        // No hash comes between one and itself with a digit more.
        let start = max(prefix, last.map { $0 + "0" } ?? "")
        func rows(_ select: String, by key: String, and more: String = "", from start: String)
            throws -> Peeking
        {
            let statement = try db.cachedStatement(
                sql: "\(select) WHERE \(key) >= :start AND \(key) < :end ORDER BY \(key)\(more)")
            // `g` comes after every hexadecimal digit.
            return try Peeking(
                Row.fetchCursor(statement, arguments: ["start": start, "end": prefix + "g"]))
        }
        feedback = try rows(
            "SELECT content_hash FROM feedback", by: "content_hash", from: start)
        // An id is the beginning of its fact's hash, and may be that of another one, too.
        tombstones = try rows(
            """
            SELECT content_hash, retracted_at, reason
            FROM tombstone CROSS JOIN feedback ON feedback.id = feedback_id
            """, by: "feedback_id", from: String(start.prefix(16)))
        erasures = try rows(
            "SELECT content_hash, erased_at FROM erasure", by: "content_hash", from: start)
        marks = try rows(
            "SELECT content_hash, checkpoint_id FROM checkpoint_mark", by: "content_hash",
            and: ", checkpoint_id", from: start)
    }

    mutating func next() throws -> Fact? {
        guard let hash = [feedback.key, erasures.key].compactMap(\.self).min() else { return nil }
        var fact = Fact(hash: hash)
        if feedback.key == hash { try feedback.advance() }
        while let key = tombstones.key, key <= hash {
            if key == hash {
                fact.retractedAt = tombstones.row?[1]
                fact.reason = tombstones.row?[2]
            }
            try tombstones.advance()
        }
        if erasures.key == hash {
            fact.erasedAt = erasures.row?[1]
            try erasures.advance()
        }
        while let key = marks.key, key <= hash {
            if key == hash, fact.checkpoints.count < FeedbackFact.maximumCheckpoints,
                let checkpoint: String = marks.row?[1]
            {
                fact.checkpoints.append(checkpoint)
            }
            try marks.advance()
        }
        return fact
    }

    /// A cursor whose next row is looked at before it is taken.
    private struct Peeking {
        private let cursor: RowCursor
        private(set) var row: Row?
        private(set) var key: String?

        init(_ cursor: RowCursor) throws {
            self.cursor = cursor
            try advance()
        }

        mutating func advance() throws {
            row = try cursor.next()
            key = row?[0]
        }
    }
}

extension Sequence<UInt8> {
    /// Two lower-case digits a byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
