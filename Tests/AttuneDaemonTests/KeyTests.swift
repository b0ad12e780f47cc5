import AttuneDaemon
import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import Testing

/// Keys that change, of this host and of those it trusts.
@Suite struct KeyTests {
    private let stranger = HostKey()

    /// Runs `body` on a daemon that trusts the stranger, whose head leads to the gift; the own
    /// checkpoint is the head.
    private func withTrustedGift(
        _ body: @Sendable (TestDaemon, _ gift: String, _ own: String) async throws -> Void
    ) async throws {
        let ledger = try TestLedger()
        let gift = try ledger.checkpoint(1, from: "dir:///media/stick")
        let own = try ledger.checkpoint(2)
        try ledger.promote(own)
        try ledger.library.publishUnpublishedHead()
        try ledger.library.repository.receiveHead(
            SignedHead(checkpoint: gift, counter: 1, key: stranger))
        try ledger.store.close()
        let host = stranger.id
        try await TestDaemon.run(keepingState: ledger.directory) { test in
            let client = test.client
            _ = try await client.send(
                ControlRoutes.addPeer, PeerAddition(name: "nas", address: "ssh://nas"))
            _ = try await client.send(
                ControlRoutes.contactPeer, PeerContact(host: host), at: "nas")
            _ = try await client.send(
                ControlRoutes.trustPeer, PeerTrust(fingerprint: host.fingerprint), at: "nas")
            try await body(test, gift.hex, own.hex)
        }
        _ = ledger
    }

    private func take(_ record: KeyRecord, _ client: ControlClient) async throws {
        try await client.send(
            ControlRoutes.putKeyRecord, KeyRecordDelivery(record: record),
            at: record.host.description)
    }

    private func contact(_ client: ControlClient, _ host: HostID) async throws -> ErrorKind? {
        try await kind {
            try await client.send(ControlRoutes.contactPeer, PeerContact(host: host), at: "nas")
        }
    }

    private func head(_ checkpoint: String, of key: HostKey) throws -> HeadDelivery {
        HeadDelivery(
            head: try SignedHead(
                checkpoint: ObjectID(validating: checkpoint), counter: 1, key: key))
    }

    @Test func trustGoesOverToTheKeyThatATrustedKeyVouchesFor() async throws {
        let (old, next) = (stranger, HostKey())
        try await withTrustedGift { test, gift, own in
            let client = test.client
            #expect(try await contact(client, next.id) == .conflict, "nobody vouches for it yet")
            let events = test.daemon.events.subscribe()
            try await take(KeyRecord(succeeding: old, by: next), client)
            let event = await events.first { _ in true }
            #expect(event?.kind == .keyChanged && event?.subject == next.id.description)

            let peer = try await client.send(ControlRoutes.listPeers).peer(named: "nas")
            #expect(peer.host == next.id && peer.trusted && peer.predecessor == old.id)
            #expect(try await contact(client, next.id) == nil)
            #expect(try await contact(client, old.id) == nil, "it has yet to hear of it")
            #expect(try await contact(client, HostKey().id) == .conflict)
            #expect(try await merge(client, gift, own) == .untrusted, "nobody says so any more")
            let stale = try await kind {
                try await client.send(
                    ControlRoutes.putHead, head(gift, of: old), at: old.id.description)
            }
            #expect(stale == .staleHead)
            try await client.send(
                ControlRoutes.putHead, head(gift, of: next), at: next.id.description)
            #expect(try await merge(client, gift, own) == nil)
        }
    }

    /// A thief who has the key may change it first; the owner's revocation reaches what came of it.
    @Test func aRevocationWithdrawsTrustFromWhateverTheKeyVouchedFor() async throws {
        let (old, thief) = (stranger, HostKey())
        try await withTrustedGift { test, gift, own in
            let client = test.client
            try await take(KeyRecord(succeeding: old, by: thief), client)
            try await client.send(
                ControlRoutes.putHead, head(gift, of: thief), at: thief.id.description)
            try await take(KeyRecord(revoking: old), client)
            let peer = try await client.send(ControlRoutes.listPeers).peer(named: "nas")
            #expect(peer.revoked == true && !peer.trusted && peer.host == old.id)
            #expect(try await merge(client, gift, own) == .untrusted)
            let refusal = try await kind {
                try await client.send(
                    ControlRoutes.trustPeer, PeerTrust(fingerprint: old.id.fingerprint), at: "nas")
            }
            #expect(refusal == .conflict)
            let head = try await client.send(ControlRoutes.status).head?.checkpoint
            #expect(head == own, "what is in use stays so")
        }
    }

    /// A thief makes a long chain and any number of other records, so that the owner's word finds no room.
    @Test func noFloodKeepsARevocationOut() async throws {
        let (old, second, thief) = (stranger, HostKey(), HostKey())
        try await withTrustedGift { test, _, _ in
            let client = test.client
            try await take(KeyRecord(succeeding: old, by: second), client)
            let folder = "\(test.daemon.directory.path)/heads/keys"
            for number in 0..<4100 {
                let host = ObjectID(hashing: Data("\(number)".utf8))
                try Data().write(to: URL(filePath: "\(folder)/\(host).revoked.json"))
            }
            try await take(KeyRecord(succeeding: second, by: thief), client)
            try await take(KeyRecord(succeeding: thief, by: HostKey()), client)
            try await take(KeyRecord(revoking: second), client)
            let peer = try await client.send(ControlRoutes.listPeers).peer(named: "nas")
            #expect(peer.revoked == true && !peer.trusted && peer.host == second.id)
            let stranger = try await kind { try await take(KeyRecord(revoking: HostKey()), client) }
            #expect(stranger == .tooLarge)
            _ = try await client.send(ControlRoutes.rotateKey)
            _ = try await client.send(ControlRoutes.revokeKey)
        }
    }

    @Test func aPeersHeadFindsRoomBesideThoseOfStrangers() async throws {
        let (old, next) = (stranger, HostKey())
        try await withTrustedGift { test, gift, _ in
            let client = test.client
            try await take(KeyRecord(succeeding: old, by: next), client)
            for number in 0..<HeadStore.maximumHosts {
                let host = ObjectID(hashing: Data("\(number)".utf8))
                try FileManager.default.createDirectory(
                    atPath: "\(test.daemon.directory.path)/heads/\(host)",
                    withIntermediateDirectories: true)
            }
            let stranger = HostKey()
            let refusal = try await kind {
                try await client.send(
                    ControlRoutes.putHead, head(gift, of: stranger), at: stranger.id.description)
            }
            #expect(refusal == .tooLarge)
            try await client.send(
                ControlRoutes.putHead, head(gift, of: next), at: next.id.description)
            _ = try await client.send(ControlRoutes.rotateKey)
        }
    }

    /// Puts a host on record under a name, trusted and marked for feedback.
    private func mark(_ host: HostID, as name: String, _ client: ControlClient) async throws {
        _ = try await client.send(
            ControlRoutes.addPeer, PeerAddition(name: name, address: "ssh://\(name)"))
        _ = try await client.send(
            ControlRoutes.contactPeer, PeerContact(host: host), at: name)
        _ = try await client.send(
            ControlRoutes.trustPeer, PeerTrust(fingerprint: host.fingerprint), at: name)
        _ = try await client.send(
            ControlRoutes.shareFeedback, FeedbackSharing(shared: true), at: name)
    }

    @Test func aHostIsOnRecordAtOneAddress() async throws {
        let (old, next) = (HostKey(), HostKey())
        try await TestDaemon.run { test in
            let client = test.client
            try await mark(old.id, as: "old", client)
            try await take(KeyRecord(succeeding: old, by: next), client)
            _ = try await client.send(
                ControlRoutes.addPeer, PeerAddition(name: "nas", address: "ssh://nas"))
            for host in [old.id, next.id] {
                #expect(try await contact(client, host) == .conflict)
            }
            let list = try await client.send(ControlRoutes.listPeers)
            #expect(list.sharesFeedback(with: next.id))
            #expect(list.sharesFeedback(with: next.id, at: "ssh://old"))
            #expect(!list.sharesFeedback(with: next.id, at: "ssh://nas"))
            #expect(!list.sharesFeedback(with: old.id))
        }
    }

    /// It was met as another host before anybody said that its key came after the first one's.
    @Test func whatIsTakenFromAHostIsTakenUnderAllItsNames() async throws {
        let (old, next) = (HostKey(), HostKey())
        try await TestDaemon.run { test in
            let client = test.client
            try await mark(old.id, as: "old", client)
            try await mark(next.id, as: "new", client)
            try await take(KeyRecord(succeeding: old, by: next), client)
            _ = try await client.send(
                ControlRoutes.shareFeedback, FeedbackSharing(shared: false), at: "new")
            let list = try await client.send(ControlRoutes.listPeers)
            #expect(!list.sharesFeedback(with: next.id) && list.peers.count == 2)
            _ = try await client.send(ControlRoutes.removePeer, at: "old")
            #expect(try await client.send(ControlRoutes.listPeers).peers == [])
        }
    }

    @Test func afterARevocationAPeersNewKeyIsTrustedAnew() async throws {
        let (old, next) = (stranger, HostKey())
        try await withTrustedGift { test, gift, own in
            let client = test.client
            try await take(KeyRecord(revoking: old), client)
            #expect(try await contact(client, next.id) == nil)
            let peer = try await client.send(ControlRoutes.listPeers).peer(named: "nas")
            #expect(peer.host == next.id && !peer.trusted && peer.revoked == nil)
            try await client.send(
                ControlRoutes.putHead, head(gift, of: next), at: next.id.description)
            #expect(try await merge(client, gift, own) == .untrusted)
            _ = try await client.send(
                ControlRoutes.trustPeer, PeerTrust(fingerprint: next.id.fingerprint), at: "nas")
            #expect(try await merge(client, gift, own) == nil)
        }
    }

    /// Who compares the new key is not bound to the old one's fate.
    @Test func aKeyThatWasComparedItselfOutlivesTheOneBefore() async throws {
        let (old, next) = (stranger, HostKey())
        try await withTrustedGift { test, _, _ in
            let client = test.client
            try await take(KeyRecord(succeeding: old, by: next), client)
            _ = try await client.send(
                ControlRoutes.trustPeer, PeerTrust(fingerprint: next.id.fingerprint), at: "nas")
            try await take(KeyRecord(revoking: old), client)
            let peer = try await client.send(ControlRoutes.listPeers).peer(named: "nas")
            #expect(peer.host == next.id && peer.trusted && peer.predecessor == nil)
        }
    }

    @Test func whoIsKnownByARevocationOnlyIsNotTrusted() async throws {
        let (void, old, next) = (HostKey(), HostKey(), HostKey())
        try await TestDaemon.run { test in
            try await take(KeyRecord(revoking: void), test.client)
            try await take(KeyRecord(succeeding: old, by: next), test.client)
            for host in [void.id, old.id] {
                let refusal = try await kind {
                    try await test.client.send(
                        ControlRoutes.trustPeer, PeerTrust(fingerprint: host.fingerprint),
                        at: host.short)
                }
                #expect(refusal == .conflict)
            }
            let mismatch = try await kind {
                try await test.client.send(
                    ControlRoutes.putKeyRecord,
                    KeyRecordDelivery(record: KeyRecord(revoking: next)),
                    at: old.id.description)
            }
            #expect(mismatch == .invalidRequest)
        }
    }

    @Test func ownKeysChangeWhileTheDaemonRuns() async throws {
        try await withTrustedGift { test, gift, own in
            let client = test.client
            let before = try await client.send(ControlRoutes.showKey)
            let change = try await client.send(ControlRoutes.rotateKey)
            #expect(change.before == before.host && change.host != before.host && !change.revoked)
            let after = try await client.send(ControlRoutes.showKey)
            #expect(after.host == change.host && after.predecessors == [before.host])
            let heads = try await client.send(ControlRoutes.listHeads, HeadsQuery())
            #expect(heads.host == change.host && heads.heads.first?.host == change.host)
            #expect(heads.heads.first?.checkpoint.hex == own)
            #expect(heads.keyRecords?.map(\.host) == [before.host])
            #expect(try await merge(client, gift, own) == nil, "what it made is still its own")

            let revocation = try await client.send(ControlRoutes.revokeKey)
            #expect(revocation.before == change.host && revocation.revoked)
            let last = try await client.send(ControlRoutes.showKey)
            #expect(last.host == revocation.host && last.predecessors == [])
            let told = try await client.send(ControlRoutes.listHeads, HeadsQuery()).heads.first
            #expect(told?.host == last.host && told?.checkpoint.hex == own)
        }
    }

    @Test func aHostWhoseKeyIsRevokedElsewhereGetsAnother() async throws {
        try await withTrustedGift { test, _, own in
            let client = test.client
            let record = try await client.send(ControlRoutes.makeRevocation).record
            #expect(try await client.send(ControlRoutes.showKey).host == record.host)
            try await take(record, client)
            let now = try await client.send(ControlRoutes.showKey).host
            #expect(now != record.host)
            let told = try await client.send(ControlRoutes.listHeads, HeadsQuery()).heads.first
            #expect(told?.host == now && told?.checkpoint.hex == own)
        }
    }

    @Test func fsckNamesADamagedRecord() async throws {
        let void = HostKey()
        try await TestDaemon.run { test in
            let keys = { () async throws -> Check in
                let report = try await test.client.lines(
                    ControlRoutes.checkState, StateCheck(readData: false)
                ).lastValue()
                return try #require(report.checks.first { $0.name == "keys" })
            }
            try await take(KeyRecord(revoking: void), test.client)
            #expect(try await keys().state == .ok)
            let path = "\(test.daemon.directory.path)/heads/keys/\(void.id).revoked.json"
            try Data("{}".utf8).write(to: URL(filePath: path))
            let damaged = try await keys()
            #expect(damaged.state == .failed && damaged.found.contains("\(void.id)"))
            try await take(KeyRecord(revoking: void), test.client)
            #expect(try await keys().state == .ok)
        }
    }

    @Test func manyWhoPromoteAndChangeKeysAtOnceEndWithOneSignedHead() async throws {
        let ledger = try TestLedger()
        let ids = try (1...4).map { try ledger.checkpoint($0) }
        let library = ledger.library
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in ids {
                group.addTask {
                    _ = try library.promote(id, .forced, gate: nil, ifHeadIs: library.store.head())
                }
                group.addTask {
                    _ = try library.identity.rotate { _ in }
                }
            }
            try await group.waitForAll()
        }
        try library.publishUnpublishedHead()
        let heads = try library.repository.heads.all()
        #expect(heads.map(\.host) == [library.key.id])
        #expect(heads.first?.checkpoint.hex == (try library.store.head()))
        _ = ledger
    }
}
