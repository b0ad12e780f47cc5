import FeedbackStore
import Testing

/// Checkpoints, promotions, models, cached log-probabilities and settings.
@Suite struct HeadTests {
    let test: TestStore
    var store: FeedbackStore { test.store }

    init() throws { test = try TestStore() }

    private func checkpoint(_ digit: String) -> String { String(repeating: digit, count: 64) }

    private func promote(_ digits: String...) throws {
        for digit in digits {
            try store.register(checkpoint: checkpoint(digit), origin: "laptop")
            try store.promote(checkpoint(digit), .gate, gate: #"{"verdict":"promote"}"#)
        }
    }

    @Test func theHeadIsTheLastPromotion() throws {
        #expect(try store.head() == nil)
        try promote("a", "b")
        #expect(try store.head() == checkpoint("b"))
        #expect(try store.promotions().map(\.checkpoint) == [checkpoint("a"), checkpoint("b")])
        #expect(try store.promotions()[0].gate == #"{"verdict":"promote"}"#)
    }

    @Test func rollbacksWalkBackToTheBareModel() throws {
        try promote("a", "b", "c")
        #expect(try store.rollback() == checkpoint("b"))
        #expect(try store.rollback() == checkpoint("a"))
        try promote("d")
        #expect(try store.rollback() == checkpoint("a"))
        #expect(try store.rollback() == nil)
        #expect(try store.head() == nil)
        #expect(throws: StoreError.self) { try store.rollback() }
        #expect(try store.promotions().count == 8)
    }

    @Test func aResetForgetsTheWayBack() throws {
        try promote("a", "b")
        try store.record(
            StoredModel(
                name: "m", path: "/m", sha256: checkpoint("1"), size: 1,
                modifiedAt: test.clock.now))
        try store.activateModel("m") { _, head in
            #expect(head == checkpoint("b"))
            return false
        }
        #expect(try store.head() == nil)
        #expect(throws: StoreError.self) { try store.rollback() }
        try promote("c")
        #expect(try store.rollback() == nil)
    }

    @Test func aRefusedChangeOfModelChangesNothing() throws {
        try promote("a")
        try store.record(
            StoredModel(
                name: "m", path: "/m", sha256: checkpoint("1"), size: 1,
                modifiedAt: test.clock.now))
        let round = try store.beginRound(plan: "{}", new: [])
        struct Refusal: Error {}
        #expect(throws: Refusal.self) {
            try store.activateModel("m") { running, _ in
                #expect(running?.id == round)
                throw Refusal()
            }
        }
        #expect(throws: StoreError.self) { try store.activateModel("n") { _, _ in false } }
        #expect(try store.activeModel() == nil && store.head() == checkpoint("a"))
    }

    @Test func aRoundBeginsOnTheModelInUse() throws {
        #expect(throws: StoreError.self) {
            try store.beginRound(plan: "{}", on: checkpoint("1"), new: [])
        }
        #expect(try store.runningRound() == nil)
    }

    @Test func onlyRegisteredCheckpointsArePromoted() throws {
        #expect(throws: StoreError.notFound(what: "checkpoint", id: checkpoint("a"))) {
            try store.promote(checkpoint("a"), .forced)
        }
        try store.register(checkpoint: checkpoint("a"), origin: "laptop")
        try store.register(checkpoint: checkpoint("a"), origin: "desktop")
        #expect(try store.checkpoints().map(\.origin) == ["laptop"])
        #expect(throws: StoreError.self) { try store.register(checkpoint: "../etc", origin: "x") }
    }

    @Test func logpsAreCachedByReference() throws {
        let ids = try store.addPairs(0..<3)
        let values = [
            ids[0]: ReferenceLogps(chosen: -12.125, rejected: -0.0),
            ids[1]: ReferenceLogps(chosen: -1e-300, rejected: -4e5),
        ]
        try store.cache(values, reference: "one")
        #expect(try store.referenceLogps(of: ids, reference: "one") == values)
        #expect(try store.referenceLogps(of: ids, reference: "two") == [:])
        let newer = [ids[0]: ReferenceLogps(chosen: -1, rejected: -2)]
        try store.cache(newer, reference: "one")
        try store.cache(newer, reference: "two")
        try store.evictReferenceLogps(except: ["two"])
        #expect(try store.referenceLogps(of: ids, reference: "one") == [:])
        #expect(try store.referenceLogps(of: ids, reference: "two") == newer)
        #expect(throws: StoreError.self) {
            try store.cache([ids[0]: ReferenceLogps(chosen: .nan, rejected: -1)], reference: "one")
        }
        try store.evictReferenceLogps(except: [])
        #expect(try store.referenceLogps(of: ids, reference: "two") == [:])
    }

    @Test func oneModelIsActive() throws {
        var small = StoredModel(
            name: "small", path: "/models/small.gguf", sha256: checkpoint("1"), size: 100,
            modifiedAt: test.clock.now)
        var large = small
        large.name = "large"
        try store.record(small)
        try store.record(large)
        #expect(try store.activeModel() == nil)
        for name in ["small", "large", "large"] {
            try store.activateModel(name)
            #expect(try store.activeModel()?.name == name)
        }
        #expect(throws: StoreError.notFound(what: "model", id: "huge")) {
            try store.activateModel("huge")
        }
        #expect(try store.activeModel()?.name == "large")
        small.sha256 = checkpoint("2")
        try store.record(small)
        large.isActive = true
        #expect(try store.models() == [large, small])
    }

    @Test func settingsAreSetReplacedAndForgotten() throws {
        #expect(try store.setting("paused") == nil)
        try store.set("paused", to: "true")
        try store.set("paused", to: "false")
        #expect(try store.setting("paused") == "false")
        try store.set("paused", to: nil)
        #expect(try store.setting("paused") == nil)
    }
}
