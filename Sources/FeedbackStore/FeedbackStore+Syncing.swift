import Crypto
public import FeedbackFormats
import Foundation
import GRDB

/// The log as a grow-only set that hosts exchange; ``FeedbackReconciler`` drives it.
///
/// Answers to label requests are no part of it: they are about candidates of this host's own rounds.
extension FeedbackStore {
    /// Summaries of the set; equal digests, equal sets.
    ///
    /// Reads one index from end to end: about a second for a million facts.
    ///
    /// - Precondition: `depth` is 0 to ``FeedbackDigest/maximumDepth``.
    public func feedbackDigest(depth: Int) throws -> FeedbackDigest {
        precondition((0...FeedbackDigest.maximumDepth).contains(depth), "a digest has few buckets")
        let buckets = 1 << (4 * depth)
        var digest = FeedbackDigest(
            count: 0, digests: Array(repeating: "", count: buckets),
            counts: Array(repeating: 0, count: buckets))
        var bucket = 0
        var hasher = SHA256()
        func finish() {
            guard digest.counts[bucket] > 0 else { return }
            digest.digests[bucket] = hasher.finalize().prefix(16).hexadecimal
            hasher = SHA256()
        }
        try read { db in
            var scan = try FactScan(db, prefix: "")
            while let fact = try scan.next() {
                let own = depth == 0 ? 0 : Int(fact.hash.prefix(depth), radix: 16) ?? 0
                if own != bucket {
                    finish()
                    bucket = own
                }
                digest.count += 1
                digest.counts[bucket] += 1
                fact.feed(&hasher)
            }
        }
        finish()
        return digest
    }

    /// What is known of the facts whose hashes begin so.
    public func facts(under prefixes: [String]) throws -> [FeedbackFact] {
        try read { db in
            var facts: [FeedbackFact] = []
            for prefix in prefixes {
                var scan = try FactScan(db, prefix: prefix)
                while let fact = try scan.next() { facts.append(fact.fact) }
            }
            return facts
        }
    }

    /// The entries of the first of these hashes, until `textLimit` bytes of text are reached.
    public func entries(
        of hashes: [String], textLimit: Int = FeedbackEntryBatch.textLimit
    ) throws -> FeedbackEntryBatch {
        try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    \(FeedbackEntryRow.sql)
                    WHERE feedback.content_hash = ? AND erasure.content_hash IS NULL
                    """)
            var batch = FeedbackEntryBatch(entries: [], considered: 0)
            var size = 0
            for hash in hashes where size < textLimit {
                batch.considered += 1
                guard let row = try FeedbackEntryRow.fetchOne(statement, arguments: [hash]) else {
                    continue
                }
                let entry = try row.entry()
                size += entry.feedback.textBytes
                batch.entries.append(entry)
            }
            return batch
        }
    }

    /// Takes in what another host has, in one transaction.
    ///
    /// - Postconditions: what is here afterwards is the least upper bound of both; the order and number
    ///   of unions make no difference.
    /// - Errors: `conflict` when an erasure is of text that an unfinished round has, and for a fact
    ///   whose id another one has here; ``erase(_:)`` about the disk.
    public func unite(
        _ entries: [FeedbackEntry], _ facts: [FeedbackFact] = []
    ) throws -> FeedbackUnion {
        let union = try write { db in
            var union = FeedbackUnion()
            for entry in entries where entry.erasedAt == nil {
                guard entry.isPlausible else {
                    union.refused += 1
                    continue
                }
                switch try restore(entry, in: db) {
                case .added:
                    union.added += 1
                    if entry.retraction != nil { union.retracted += 1 }
                case .refused: union.refused += 1
                case .duplicate, .retracted, .erased: break
                }
            }
            try unite(facts, into: &union, in: db)
            return union
        }
        try clearErasedText()
        return union
    }

    private func unite(
        _ facts: [FeedbackFact], into union: inout FeedbackUnion, in db: Database
    ) throws {
        let facts = facts.filter { $0.isTakenBack && $0.isPlausible }
        let erasures = facts.compactMap { fact in
            fact.erasedAt.map { (fact.hash, Timestamp($0).milliseconds) }
        }
        union.erased += try erase(Dictionary(erasures, uniquingKeysWith: min), in: db)
        let mark = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO checkpoint_mark VALUES (?, ?)")
        for fact in facts {
            let isHere = try Row.fetchOne(
                db, sql: "SELECT 1 FROM feedback WHERE content_hash = ?", arguments: [fact.hash])
            if let retraction = fact.retraction, isHere != nil {
                let isNews = try bury(
                    TombstoneRecord(
                        feedbackID: fact.id, reason: retraction.reason,
                        retractedAt: Timestamp(retraction.at).milliseconds), in: db)
                if isNews { union.retracted += 1 }
            }
            guard fact.erasedAt != nil || isHere != nil else { continue }
            for checkpoint in fact.checkpoints {
                try mark.execute(arguments: [fact.hash, checkpoint])
            }
        }
    }

    /// What was taken back of what checkpoints were trained on: content hashes by checkpoint, with
    /// whether the text was erased.
    public func checkpointMarks() throws -> [String: [String: Bool]] {
        try read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT checkpoint_id, content_hash,
                        content_hash IN (SELECT content_hash FROM erasure) AS isErased
                    FROM checkpoint_mark
                    """)
            var marks: [String: [String: Bool]] = [:]
            while let row = try rows.next() {
                marks[row["checkpoint_id"], default: [:]][row["content_hash"]] = row["isErased"]
            }
            return marks
        }
    }
}

extension FeedbackEntry {
    /// Whether times and reason are such as a store keeps.
    fileprivate var isPlausible: Bool {
        recordedAt.isStorable && retraction.map(\.isPlausible) ?? true
    }
}

extension FeedbackFact {
    fileprivate var isPlausible: Bool {
        ([hash] + checkpoints).allSatisfy(\.isHash) && retraction.map(\.isPlausible) ?? true
            && erasedAt.map(\.isStorable) ?? true
    }
}

extension Retraction {
    fileprivate var isPlausible: Bool {
        let reason = reason ?? ""
        return at.isStorable && reason.utf8.count <= Feedback.maximumSourceBytes
            && !reason.utf8.contains(0)
    }
}

extension Date {
    fileprivate var isStorable: Bool { (0...253_402_300_799).contains(timeIntervalSince1970) }
}

extension String {
    fileprivate var isHash: Bool {
        utf8.count == 64
            && utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
