/// Makes two sets of feedback one.
///
/// First the digests of the whole sets are compared: equal ones end it after one request each. Then
/// digests of buckets by the beginning of the hash, then what is known of the facts in buckets that
/// differ, page by page, and last the entries that one side lacks, in bounded batches. Each
/// batch is durable and idempotent, so a reconciliation that was cut goes on by being started again.
public struct FeedbackReconciler: Sendable {
    /// Finds out what would be exchanged and exchanges nothing.
    public var isDryRun = false
    /// Whether the local side takes, and gives.
    public var pulls = true
    public var pushes = true
    /// The most bytes of text sent in a second; nil for as many as go.
    public var bytesPerSecond: Int?
    /// Called with buckets done and buckets in all that differ.
    public var report: @Sendable (Int, Int) -> Void = { _, _ in }

    /// Entries in a batch at most.
    public static let entryLimit = 500
    /// Buckets in a request at most.
    public static let bucketLimit = 5000
    /// Facts in a bucket that the depth aims at.
    private static let bucketSize = 512
    private static let maximumPasses = 3

    public init() {}

    /// Exchanges until both sides say the same, or have said what they may.
    ///
    /// A second pass carries what a first one has brought about: a host learns that a fact was taken
    /// back, and tells which checkpoints of its own were trained on it.
    public func reconcile(
        local: some FeedbackReplica, remote: some FeedbackReplica
    ) async throws -> FeedbackSyncSummary {
        var summary = FeedbackSyncSummary()
        summary.isDryRun = isDryRun
        for _ in 0..<Self.maximumPasses {
            let (mine, theirs) = try await digests(local, remote, depth: 0)
            guard mine.digests != theirs.digests else { break }
            let before = summary.withdrawals
            try await pass(
                local, remote, depth: Self.depth(for: max(mine.count, theirs.count)), &summary)
            guard pulls, pushes, !isDryRun, summary.withdrawals > before else { break }
        }
        return summary
    }

    private func pass(
        _ local: some FeedbackReplica, _ remote: some FeedbackReplica, depth: Int,
        _ summary: inout FeedbackSyncSummary
    ) async throws {
        let (mine, theirs) = try await digests(local, remote, depth: depth)
        let buckets = 1 << (4 * depth)
        let parts = [
            mine.digests.count, theirs.digests.count, mine.counts.count, theirs.counts.count,
        ]
        guard parts.allSatisfy({ $0 == buckets }) else { throw FeedbackSyncError.malformedDigest }
        let differing = (0..<buckets).filter { mine.digests[$0] != theirs.digests[$0] }
        var prefixes: [String] = []
        var facts = 0
        for (place, bucket) in differing.enumerated() {
            prefixes.append(FeedbackDigest.prefix(ofBucket: bucket, depth: depth))
            facts += min(
                max(1, mine.counts[bucket], theirs.counts[bucket]), FeedbackFactPage.limit)
            guard facts >= FeedbackFactPage.limit || place == differing.count - 1 else { continue }
            try await level(local, remote, prefixes, &summary)
            report(place + 1, differing.count)
            prefixes = []
            facts = 0
        }
    }

    private func digests(
        _ local: some FeedbackReplica, _ remote: some FeedbackReplica, depth: Int
    ) async throws -> (FeedbackDigest, FeedbackDigest) {
        async let mine = local.digest(depth: depth)
        async let theirs = remote.digest(depth: depth)
        return try await (mine, theirs)
    }

    private static func depth(for count: Int) -> Int {
        (0..<FeedbackDigest.maximumDepth).first { count >> (4 * $0) <= bucketSize }
            ?? FeedbackDigest.maximumDepth
    }

    /// Makes some buckets equal, as far at a time as both sides have told.
    private func level(
        _ local: some FeedbackReplica, _ remote: some FeedbackReplica, _ prefixes: [String],
        _ summary: inout FeedbackSyncSummary
    ) async throws {
        var last: String?
        repeat {
            try Task.checkCancellation()
            let start = last
            async let mineListed = local.facts(under: prefixes, after: start)
            async let theirsListed = remote.facts(under: prefixes, after: start)
            let (mine, theirs) = try await (mineListed, theirsListed)
            guard mine.continues(after: start), theirs.continues(after: start) else {
                throw FeedbackSyncError.malformedBatch
            }
            last = [mine.next, theirs.next].compactMap(\.self).min()
            try await level(
                local, remote, mine.byHash(through: last), theirs.byHash(through: last), &summary)
        } while last != nil
    }

    private func level(
        _ local: some FeedbackReplica, _ remote: some FeedbackReplica,
        _ mine: [String: FeedbackFact], _ theirs: [String: FeedbackFact],
        _ summary: inout FeedbackSyncSummary
    ) async throws {
        var (toMe, toThem) = (Lack(), Lack())
        for hash in Set(mine.keys).union(theirs.keys).sorted() {
            let (here, there) = (mine[hash], theirs[hash])
            guard let known = here ?? there else { continue }
            let joint = there.map(known.joined) ?? known
            if pulls, joint != here { toMe.add(joint, isThere: here != nil) }
            if pushes, joint != there { toThem.add(joint, isThere: there != nil) }
        }
        try await bring(toMe, from: remote, to: local, &summary.received)
        try await bring(toThem, from: local, to: remote, &summary.sent)
    }

    /// What one side does not have.
    private struct Lack {
        var entries: [String] = []
        var facts: [FeedbackFact] = []

        mutating func add(_ fact: FeedbackFact, isThere: Bool) {
            if !isThere, fact.erasedAt == nil { entries.append(fact.hash) }
            if fact.isTakenBack { facts.append(fact) }
        }
    }

    private func bring(
        _ lack: Lack, from source: some FeedbackReplica, to destination: some FeedbackReplica,
        _ union: inout FeedbackUnion
    ) async throws {
        guard !isDryRun else {
            union.added += lack.entries.count
            union.erased += lack.facts.count { $0.erasedAt != nil }
            union.retracted += lack.facts.count { $0.erasedAt == nil }
            return
        }
        var rest = lack.entries[...]
        while !rest.isEmpty {
            let batch = try await source.entries(of: Array(rest.prefix(Self.entryLimit)))
            guard (1...rest.count).contains(batch.considered),
                batch.entries.count <= min(batch.considered, Self.entryLimit)
            else { throw FeedbackSyncError.malformedBatch }
            rest = rest.dropFirst(batch.considered)
            guard !batch.entries.isEmpty else { continue }
            union += try await unite(batch.entries, [], with: destination)
            try await pause(after: batch.entries)
        }
        // After the entries that they speak of.
        var facts: [FeedbackFact] = []
        var size = 0
        for (place, fact) in lack.facts.enumerated() {
            facts.append(fact)
            size += fact.byteCount
            guard
                facts.count == Self.entryLimit || size >= FeedbackFactPage.byteLimit
                    || place == lack.facts.count - 1
            else { continue }
            union += try await unite([], facts, with: destination)
            (facts, size) = ([], 0)
        }
    }

    /// Hands over, and believes nothing that is out of the question.
    private func unite(
        _ entries: [FeedbackEntry], _ facts: [FeedbackFact],
        with destination: some FeedbackReplica
    ) async throws -> FeedbackUnion {
        let union = try await destination.unite(entries, facts)
        guard union.canHaveCome(ofEntries: entries.count, facts: facts.count) else {
            throw FeedbackSyncError.malformedBatch
        }
        return union
    }

    /// Keeps to the rate.
    private func pause(after entries: [FeedbackEntry]) async throws {
        guard let bytesPerSecond, bytesPerSecond > 0 else { return }
        let bytes = entries.reduce(0) { $0 + $1.feedback.textBytes }
        try await Task.sleep(for: .seconds(Double(bytes) / Double(bytesPerSecond)))
    }
}

extension FeedbackFactPage {
    /// The facts whose hashes do not come after the last one that both sides have told of.
    fileprivate func byHash(through last: String?) -> [String: FeedbackFact] {
        let told = facts.prefix { fact in last.map { fact.hash <= $0 } ?? true }
        return Dictionary(told.map { ($0.hash, $0) }) { $0.joined(with: $1) }
    }
}

/// What a reconciliation did, or in a dry run would do.
public struct FeedbackSyncSummary: Codable, Hashable, Sendable {
    public var isDryRun = false
    public var received = FeedbackUnion()
    public var sent = FeedbackUnion()

    public init() {}

    /// Retractions and erasures that came to either side.
    fileprivate var withdrawals: Int {
        received.retracted + received.erased + sent.retracted + sent.erased
    }
}

/// What the other side of a reconciliation may do wrong.
public enum FeedbackSyncError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformedDigest
    case malformedBatch

    public var description: String {
        switch self {
        case .malformedDigest:
            "cannot exchange feedback: a digest does not have the buckets asked for; install the same"
                + " release on both sides"
        case .malformedBatch:
            "cannot exchange feedback: a batch is not what was asked for; install the same release on"
                + " both sides"
        }
    }
}

extension Feedback {
    /// The bytes of all its texts, as UTF-8.
    public var textBytes: Int {
        prompt.reduce(0) { $0 + $1.content.utf8.count }
            + [chosen, rejected, source].reduce(0) { $0 + ($1?.utf8.count ?? 0) }
    }
}
