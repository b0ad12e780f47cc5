import FeedbackFormats
import FeedbackStore

/// A store as one side of a reconciliation, with nothing in between.
struct StoreReplica: FeedbackReplica {
    let store: FeedbackStore
    /// Bytes of text in a batch; the last entry may go beyond.
    var textLimit = FeedbackEntryBatch.textLimit
    var pageLimit = FeedbackFactPage.limit

    func digest(depth: Int) throws -> FeedbackDigest { try store.feedbackDigest(depth: depth) }

    func facts(under prefixes: [String], after hash: String?) throws -> FeedbackFactPage {
        try store.facts(under: prefixes, after: hash, limit: pageLimit)
    }

    func entries(of hashes: [String]) throws -> FeedbackEntryBatch {
        try store.entries(of: hashes, textLimit: textLimit)
    }

    func unite(_ entries: [FeedbackEntry], _ facts: [FeedbackFact]) throws -> FeedbackUnion {
        try store.unite(entries, facts)
    }
}

/// Lets a reconciliation through until some batch, and then breaks off.
actor CutReplica: FeedbackReplica {
    struct Cut: Error {}

    private let replica: StoreReplica
    private var batchesLeft: Int

    init(_ store: FeedbackStore, after batches: Int) {
        replica = StoreReplica(store: store, textLimit: 1)
        batchesLeft = batches
    }

    func digest(depth: Int) throws -> FeedbackDigest { try replica.digest(depth: depth) }

    func facts(under prefixes: [String], after hash: String?) throws -> FeedbackFactPage {
        try replica.facts(under: prefixes, after: hash)
    }

    func entries(of hashes: [String]) throws -> FeedbackEntryBatch {
        try replica.entries(of: hashes)
    }

    func unite(_ entries: [FeedbackEntry], _ facts: [FeedbackFact]) throws -> FeedbackUnion {
        guard batchesLeft > 0 else { throw Cut() }
        batchesLeft -= 1
        return try replica.unite(entries, facts)
    }
}
