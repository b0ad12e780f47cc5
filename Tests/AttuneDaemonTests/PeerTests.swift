import AttuneDaemon
import CheckpointStore
import ControlAPI
import FeedbackStore
import Testing

@Suite struct PeerTests {
    private let stranger = HostKey()

    /// Runs `body` on a daemon that a checkpoint came to, with the stranger's signed head if so said.
    private func withGift(
        headed isHeaded: Bool = true,
        _ body: @Sendable (ControlClient, _ gift: String, _ own: String) async throws -> Void
    ) async throws {
        let ledger = try TestLedger()
        let gift = try ledger.checkpoint(1, from: "dir:///media/stick")
        let own = try ledger.checkpoint(2)
        if isHeaded {
            try ledger.library.repository.receiveHead(
                SignedHead(checkpoint: gift, counter: 1, key: stranger))
        }
        try ledger.store.close()
        try await TestDaemon.run(keepingState: ledger.directory) { test in
            try await body(test.client, gift.hex, own.hex)
        }
        _ = ledger
    }

    @Test func whatAStrangerVouchesForIsOfUseOnceItIsTrusted() async throws {
        let host = stranger.id
        try await withGift { client, gift, own in
            #expect(try await merge(client, gift, own) == .untrusted)
            let list = try await client.send(ControlRoutes.listPeers)
            #expect(list.peers.map(\.host) == [host])
            #expect(list.peers.map(\.trusted) == [false])
            #expect(list.peers.map(\.head?.hex) == [gift])
            let trust = { (name: String, fingerprint: String) in
                try await kind {
                    try await client.send(
                        ControlRoutes.trustPeer, PeerTrust(fingerprint: fingerprint), at: name)
                }
            }
            #expect(
                try await trust(host.short, host.short) == .conflict, "half of it is too little")
            #expect(try await trust(host.short, list.fingerprint) == .conflict)
            #expect(try await merge(client, gift, own) == .untrusted)
            #expect(try await trust(host.short, host.fingerprint) == nil)
            #expect(try await merge(client, gift, own) == nil)
            _ = try await client.send(ControlRoutes.removePeer, at: host.short)
            #expect(try await merge(client, gift, own) == .untrusted)
        }
    }

    /// A manifest names this host as its maker, and anybody could have written that.
    @Test func withoutASignedHeadNobodyVouches() async throws {
        let host = stranger.id
        try await withGift(headed: false) { client, gift, own in
            #expect(try await merge(client, gift, own) == .untrusted)
            let refusal = try await kind {
                try await client.send(
                    ControlRoutes.trustPeer, PeerTrust(fingerprint: host.fingerprint),
                    at: host.short)
            }
            #expect(refusal == .notFound)
        }
    }

    @Test func anotherHostAtAPeersAddressIsRefused() async throws {
        let (first, second) = (stranger.id, HostKey().id)
        try await TestDaemon.run { test in
            let contact = { host in
                try await kind {
                    try await test.client.send(
                        ControlRoutes.contactPeer, PeerContact(host: host), at: "nas")
                }
            }
            #expect(try await contact(first) == .notFound)
            let added = try await test.client.send(
                ControlRoutes.addPeer, PeerAddition(name: "nas", address: "ssh://nas"))
            #expect(added.host == nil && !added.trusted)
            let refusal = try await kind {
                try await test.client.send(
                    ControlRoutes.trustPeer, PeerTrust(fingerprint: first.fingerprint),
                    at: "nas")
            }
            #expect(refusal == .conflict)
            #expect(try await contact(first) == nil)
            #expect(try await contact(first) == nil)
            #expect(try await contact(second) == .conflict)
            let own = try await test.client.send(ControlRoutes.listPeers).host
            #expect(try await contact(own) == .conflict)
        }
    }

    @Test(arguments: ["", "a b", "a/b", "ä", String(repeating: "x", count: 65)])
    func aNameIsOneShortWord(name: String) async throws {
        try await TestDaemon.run { test in
            let refusal = try await kind {
                try await test.client.send(
                    ControlRoutes.addPeer, PeerAddition(name: name, address: "ssh://nas"))
            }
            #expect(refusal == .invalidRequest)
        }
    }

    @Test(arguments: ["local", "merge"])
    func nobodyHandsOverWhatWasMadeHere(source: String) async throws {
        try await withGift { client, gift, _ in
            let refusal = try await kind {
                try await client.send(
                    ControlRoutes.receiveCheckpoint, Reception(source: source), at: gift)
            }
            #expect(refusal == .invalidRequest)
        }
    }

    @Test func aStrangersHeadIsForgotten() async throws {
        let host = stranger.id
        try await withGift { client, _, _ in
            _ = try await client.send(ControlRoutes.removePeer, at: host.short)
            #expect(try await client.send(ControlRoutes.listPeers).peers == [])
        }
    }

    @Test(arguments: ["", "dir:///x\u{1B}[2J", String(repeating: "x", count: 201)])
    func aSourceIsAShortName(source: String) async throws {
        try await withGift { client, gift, _ in
            let refusal = try await kind {
                try await client.send(
                    ControlRoutes.receiveCheckpoint, Reception(source: source), at: gift)
            }
            #expect(refusal == .invalidRequest)
        }
    }
}
