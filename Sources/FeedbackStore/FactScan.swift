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

    /// - Parameter prefix: what the hashes begin with, at most 16 digits.
    init(_ db: Database, prefix: String) throws {
        func rows(_ key: String, _ select: String) throws -> Peeking {
            // `g` comes after every hexadecimal digit.
            let sql = "\(select) WHERE \(key) >= :prefix AND \(key) < :end ORDER BY \(key)"
            return try Peeking(
                Row.fetchCursor(db, sql: sql, arguments: ["prefix": prefix, "end": prefix + "g"]))
        }
        feedback = try rows("content_hash", "SELECT content_hash FROM feedback")
        tombstones = try rows(
            "feedback_id", "SELECT feedback_id, retracted_at, reason FROM tombstone")
        erasures = try rows("content_hash", "SELECT content_hash, erased_at FROM erasure")
        marks = try rows(
            "content_hash", "SELECT content_hash, checkpoint_id FROM checkpoint_mark")
    }

    mutating func next() throws -> Fact? {
        guard let hash = [feedback.key, erasures.key].compactMap(\.self).min() else { return nil }
        var fact = Fact(hash: hash)
        if feedback.key == hash { try feedback.advance() }
        if let id = tombstones.key, hash.hasPrefix(id) {
            fact.retractedAt = tombstones.row?[1]
            fact.reason = tombstones.row?[2]
            try tombstones.advance()
        }
        if erasures.key == hash {
            fact.erasedAt = erasures.row?[1]
            try erasures.advance()
        }
        while let key = marks.key, key <= hash {
            if key == hash, let checkpoint: String = marks.row?[1] {
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
