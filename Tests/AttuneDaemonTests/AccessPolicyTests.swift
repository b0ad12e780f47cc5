import AttuneDaemon
import ControlAPI
import Foundation
import Testing

@Suite struct AccessPolicyTests {
    @Test func admitsOwnerRootAndGroupMembers() {
        let policy = AccessPolicy(owner: 1000, group: 77)
        #expect(policy.admits(PeerCredentials(user: 1000, groups: [1000])))
        #expect(policy.admits(PeerCredentials(user: 0, groups: [0])))
        #expect(policy.admits(PeerCredentials(user: 1001, groups: [77])))
        #expect(policy.admits(PeerCredentials(user: 1001, groups: [1001, 4, 77])))
        #expect(!policy.admits(PeerCredentials(user: 1001, groups: [1001, 4])))
        // What user namespaces map strangers to.
        #expect(!policy.admits(PeerCredentials(user: 65534, groups: [65534])))
    }

    @Test func withoutAGroupNoOtherUserIsAdmitted() {
        let policy = AccessPolicy(owner: 1000)
        #expect(!policy.admits(PeerCredentials(user: 1001, groups: [0, 1000])))
    }

    @Test func credentialsAreThoseOfTheConnectedProcess() throws {
        var pair: [CInt] = [0, 0]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { pair.forEach { close($0) } }
        let peer = try PeerCredentials(descriptor: pair[0])
        #expect(peer.user == geteuid())
        #expect(peer.groups.first == getegid())
        var groups = [gid_t](repeating: 0, count: 1024)
        let count = getgroups(CInt(groups.count), &groups)
        #expect(Set(groups.prefix(Int(count))).isSubset(of: peer.groups))
    }

    @Test func unknownGroupIsAConfigurationError() {
        #expect(throws: ConfigurationError.self) {
            try AccessPolicy.groupID(named: "no-such-group-here")
        }
    }

    @Test func strangersGetAForbiddenAnswer() async throws {
        let policy = AccessPolicy(owner: geteuid() + 1, superuser: geteuid() + 1)
        try await TestDaemon.run(policy: policy) { test in
            await #expect {
                try await test.client.send(ControlRoutes.status)
            } throws: { error in
                (error as? ControlError)?.kind == .forbidden
            }
        }
    }
}
