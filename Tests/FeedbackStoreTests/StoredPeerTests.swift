import FeedbackStore
import Testing

@Suite struct StoredPeerTests {
    let test: TestStore
    var store: FeedbackStore { test.store }

    init() throws { test = try TestStore() }

    private let host = String(repeating: "a", count: 64)
    private let other = String(repeating: "b", count: 64)

    private func isConflict(_ error: any Error) -> Bool {
        if case StoreError.conflict = error { true } else { false }
    }

    @Test func aPeerNeverBecomesAnotherHost() throws {
        try store.recordPeer("nas", address: "ssh://nas")
        try store.recordPeer("nas", host: host)
        try store.recordPeer("nas", host: host)
        #expect { try store.recordPeer("nas", host: other) } throws: { isConflict($0) }
        #expect(try store.peers().map(\.host) == [host])
    }

    /// Its key was revoked; the caller knows that.
    @Test func inThePlaceOfANamedHostAnotherOneComesWithoutTrust() throws {
        try store.recordPeer("nas", address: "ssh://nas")
        try store.recordPeer("nas", host: host)
        try store.trustPeer("nas")
        try store.recordPeer("nas", host: host, replacing: host)
        #expect(try store.peers().map(\.isTrusted) == [true], "it is the same")
        #expect { try store.recordPeer("nas", host: other, replacing: other) } throws: {
            isConflict($0)
        }
        try store.recordPeer("nas", host: other, replacing: host)
        let peer = try #require(try store.peers().first)
        #expect(peer.host == other && !peer.isTrusted && peer.address == "ssh://nas")
    }

    @Test func aNewAddressKeepsHostAndTrust() throws {
        try store.recordPeer("nas", host: host)
        try store.trustPeer("nas")
        try store.recordPeer("nas", address: "ssh://nas")
        try store.recordPeer("nas", address: "ssh://nas.lan")
        let peer = try #require(try store.peers().first)
        #expect(peer.address == "ssh://nas.lan" && peer.host == host && peer.isTrusted)
    }

    @Test func anAddressAndAHostHaveOneName() throws {
        try store.recordPeer("nas", address: "ssh://nas")
        try store.recordPeer("nas", host: host)
        #expect { try store.recordPeer("box", address: "ssh://nas") } throws: { isConflict($0) }
        #expect { try store.recordPeer("box", host: host) } throws: { isConflict($0) }
        #expect(try store.peers().count == 1)
    }

    @Test func onlyAKnownHostIsTrustedAndForgettingItForgetsThat() throws {
        try store.recordPeer("nas", address: "ssh://nas")
        #expect(throws: StoreError.notFound(what: "peer", id: "nas")) {
            try store.trustPeer("nas")
        }
        try store.recordPeer("nas", host: host)
        try store.trustPeer("nas")
        try store.removePeer("nas")
        try store.recordPeer("nas", host: host)
        #expect(try store.peers().map(\.isTrusted) == [false])
        #expect(throws: StoreError.notFound(what: "peer", id: "box")) {
            try store.removePeer("box")
        }
    }

    /// Trusted by its fingerprint first, named later.
    @Test func aHostThatWasOnRecordWithoutAnAddressIsTheNamedPeerFromThenOn() throws {
        try store.recordPeer("3f2a-91bc", host: host)
        try store.trustPeer("3f2a-91bc")
        try store.recordPeer("laptop", address: "ssh://laptop")
        try store.recordPeer("laptop", host: host)
        let peer = try #require(try store.peers().first)
        #expect(try store.peers().count == 1)
        #expect(peer.name == "laptop" && peer.host == host && peer.isTrusted)
    }

    @Test func feedbackIsSharedWithATrustedHostOnly() throws {
        let shares = { try store.peers().first { $0.host == host }?.sharesFeedback == true }
        try store.recordPeer("nas", host: host)
        #expect { try store.shareFeedback(with: "nas", true) } throws: { isConflict($0) }
        #expect(try !shares())
        try store.trustPeer("nas")
        #expect(try !shares(), "trust alone is not enough")
        try store.shareFeedback(with: "nas", true)
        #expect(try shares())
        try store.recordPeer("box", address: "ssh://box")
        try store.recordPeer("box", host: host)
        #expect(try !shares(), "nobody has said that it may go to this address")
        #expect(try store.peers().map(\.isTrusted) == [true])
        try store.shareFeedback(with: "box", true)
        try store.recordPeer("box", host: other, replacing: host)
        let renewed = try #require(try store.peers().first)
        #expect(renewed.host == other && !renewed.isTrusted && !renewed.sharesFeedback)
    }
}
