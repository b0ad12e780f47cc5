import FeedbackFormats
import FeedbackStore
import Testing

@Suite struct ListingTests {
    let test: TestStore
    var store: FeedbackStore { test.store }

    init() throws { test = try TestStore() }

    private func pages(_ filter: FeedbackFilter, limit: Int) throws -> [String] {
        var ids: [String] = []
        var after: String?
        repeat {
            let page = try store.feedback(matching: filter, after: after, limit: limit)
            #expect(page.entries.count <= limit)
            ids += page.entries.map(\.id)
            after = page.next
        } while after != nil
        return ids
    }

    @Test func pagesTogetherAreTheWholeInOrder() throws {
        let ids = try store.addPairs(0..<23)
        var filter = FeedbackFilter()
        for limit in [1, 5, 22, 23, 100] {
            filter.order = .oldestFirst
            #expect(try pages(filter, limit: limit) == ids)
            filter.order = .newestFirst
            #expect(try pages(filter, limit: limit) == ids.reversed())
        }
    }

    @Test func filtersSelect() throws {
        let ids = try store.add(AddingTests.every).compactMap(\.id)
        func found(_ change: (inout FeedbackFilter) -> Void) throws -> [String] {
            var filter = FeedbackFilter()
            change(&filter)
            return try store.feedback(matching: filter).entries.map(\.id)
        }
        #expect(try found { $0.kinds = [.pair] } == [ids[0]])
        #expect(try found { $0.kinds = [.edit, .tie] } == [ids[1], ids[2]])
        #expect(try found { $0.source = "chat" } == [ids[0]])
        #expect(try found { $0.heldOut = true } == [])
        #expect(try found { $0.heldOut = false } == ids)
        #expect(try found { $0.search = "yes?" } == [ids[3]])
        #expect(try found { $0.search = "%" } == [ids[4]])
        #expect(try found { $0.search = "_'" } == [ids[4]])
        #expect(try found { $0.search = "\\" } == [ids[4]])
        #expect(try found { $0.search = "' OR 1 --" } == [])
        // Words of the stored JSON are not the prompt's.
        #expect(try found { $0.search = "content" } == [])
    }

    @Test func anUnknownCursorIsAnError() {
        #expect(throws: StoreError.notFound(what: "feedback", id: "beef")) {
            try store.feedback(after: "beef")
        }
    }

    @Test func iterationVisitsEverythingOnce() throws {
        let ids = try store.addPairs(0..<1203)
        var visited: [String] = []
        try store.forEachFeedback { visited.append($0.id) }
        #expect(visited == ids)
    }

    @Test func countsAddUp() throws {
        let test = try TestStore(heldOutShare: 0.5)
        let store = test.store
        _ = try store.add(AddingTests.every)
        let ids = try store.addPairs(0..<20)
        let window = try store.window(limit: 4).map(\.id)
        try store.completeRound(new: window)
        try store.retract(ids[0])
        let counts = try store.counts()
        #expect(counts.pairs == 20 && counts.ties == 1 && counts.edits == 1 && counts.ratings == 2)
        let trainable =
            try store.window(limit: 100) + store.feedback(ids: try replayCandidates(store))
        let ratings = trainable.count { $0.feedback.kind == .rating }
        #expect(
            counts.heldOut + counts.waiting + counts.trained
                == counts.pairs + counts.edits + ratings)
        #expect(counts.heldOut == (try store.heldOutPairs().count))
        #expect(counts.waiting == (try store.window(limit: 100).count))
        #expect(counts.trained == (try replayCandidates(store).count))
        #expect(counts.retracted == 1)
    }
}
