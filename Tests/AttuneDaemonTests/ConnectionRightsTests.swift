import AttuneDaemon
import ControlAPI
import Testing

@Suite struct ConnectionRightsTests {
    private func limit(_ body: String) -> (line: String, body: String) {
        ("POST /v1/connection", body)
    }

    private let object = String(repeating: "a", count: 64)

    @Test func aConnectionMayOnlyWhatItsRoleAllows() async throws {
        try await TestDaemon.run { test in
            let raw = try RawRequest(socket: test.socket)
            let requests = [
                (line: "GET /v1/heads", body: ""), ("HEAD /v1/objects/\(object)", ""),
                ("PUT /v1/objects/\(object)", "x"), ("GET /v1/status", ""),
                ("POST /v1/checkpoints/rollback", ""),
            ]
            func statuses(_ role: String) async throws -> [Int] {
                Array(
                    try await raw.statuses(of: [limit(#"{"role":"\#(role)"}"#)] + requests)
                        .dropFirst())
            }
            let pull = try await statuses("pull")
            #expect(pull == [200, 404, 403, 403, 403])
            let peer = try await statuses("peer")
            #expect(peer == [200, 404, 422, 403, 403])
            let full = try await statuses("full")
            #expect(full == [200, 404, 422, 200, 409])
        }
    }

    @Test func rightsOnceGivenUpDoNotComeBack() async throws {
        try await TestDaemon.run { test in
            let raw = try RawRequest(socket: test.socket)
            let found = try await raw.statuses(of: [
                limit(#"{"role":"pull"}"#), limit(#"{"role":"full"}"#),
                ("PUT /v1/objects/\(object)", "x"),
            ])
            #expect(found.last == 403)
            #expect(
                try await raw.statuses(of: [("GET /v1/status", "")]) == [200], "another connection")
            #expect(try await raw.statuses(of: [limit(#"{"role":"king"}"#)]) == [400])
            #expect(try await raw.statuses(of: [limit(#"{"role":"peer","quota":-1}"#)]) == [400])
        }
    }

    @Test func aQuotaHoldsOverAllRequestsOfAConnection() async throws {
        try await TestDaemon.run { test in
            let raw = try RawRequest(socket: test.socket)
            let put = (line: "PUT /v1/objects/\(object)", body: "12345678")
            let found = try await raw.statuses(of: [
                limit(#"{"role":"peer","quota":20}"#), limit(#"{"role":"peer","quota":9999}"#), put,
                put, put,
            ])
            #expect(found.suffix(3) == [422, 422, 403])
        }
    }
}
