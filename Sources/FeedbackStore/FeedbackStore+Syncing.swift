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

    /// What is known of the facts whose hashes begin so and come after `last`, as many as fit into one
    /// page.
    ///
    /// - Precondition: the prefixes are what ``FeedbackDigest/areBuckets(_:)`` says.
    public func facts(
        under prefixes: [String], after last: String? = nil, limit: Int = FeedbackFactPage.limit,
        byteLimit: Int = FeedbackFactPage.byteLimit
    ) throws -> FeedbackFactPage {
        precondition(FeedbackDigest.areBuckets(prefixes), "no fact is told twice")
        return try read { db in
            var page = FeedbackFactPage(facts: [])
            var size = 0
            for prefix in prefixes.sorted() where prefix + "g" > last ?? "" {
                var scan = try FactScan(db, prefix: prefix, after: last)
                while let fact = try scan.next() {
                    guard page.facts.count < limit, size < byteLimit else {
                        page.next = page.facts.last?.hash
                        return page
                    }
                    page.facts.append(fact.fact)
                    size += page.facts.last?.byteCount ?? 0
                }
            }
            return page
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
    /// - Edge cases: an entry whose id another one has here is refused; an erasure is of the whole hash,
    ///   not of an id.
    /// - Errors: `conflict` when an erasure is of text that an unfinished round has; ``erase(_:)`` about
    ///   the disk.
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
                switch try restoreUnlessTaken(entry, in: db) {
                case .added:
                    union.added += 1
                    if entry.retraction != nil { union.retracted += 1 }
                case .refused, nil: union.refused += 1
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
            try mark(fact.checkpoints, of: fact.hash, in: db)
        }
    }

    /// Marks checkpoints as far as they are among the first of a fact's, which alone are told of it.
    private func mark(_ checkpoints: [String], of hash: String, in db: Database) throws {
        guard !checkpoints.isEmpty else { return }
        let limit = FeedbackFact.maximumCheckpoints
        let bound = try String.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT checkpoint_id FROM checkpoint_mark WHERE content_hash = ?
                    ORDER BY checkpoint_id LIMIT 1 OFFSET \(limit - 1)
                    """), arguments: [hash])
        let mark = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO checkpoint_mark VALUES (?, ?)")
        for checkpoint in checkpoints where bound.map({ checkpoint < $0 }) ?? true {
            try mark.execute(arguments: [hash, checkpoint])
        }
    }

    /// The ids of what is here with its text and these facts say was erased.
    public func textsErased(by facts: [FeedbackFact]) throws -> [String] {
        try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT id FROM feedback WHERE content_hash = ?
                        AND content_hash NOT IN (SELECT content_hash FROM erasure)
                    """)
            return try facts.filter { $0.erasedAt != nil && $0.isPlausible }.compactMap {
                try String.fetchOne(statement, arguments: [$0.hash])
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
    fileprivate var isStorable: Bool { Timestamp(self).isStorable }
}

extension String {
    fileprivate var isHash: Bool { utf8.count == 64 && isHexadecimal }
}
