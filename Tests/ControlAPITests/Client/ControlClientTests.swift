import CheckpointStore
import ControlAPI
import FeedbackFormats
import Foundation
import Testing

@Suite struct ControlClientTests {
    private func client(_ server: LoopbackServer) -> ControlClient {
        ControlClient(socketPath: server.path)
    }

    @Test func sendsTheBodyAndReadsTheAnswer() async throws {
        try await LoopbackServer.with { _ in
            .json(#"{"outcomes":[{"result":"added","id":"x"}]}"#)
        } _: { server in
            let batch = FeedbackBatch(items: [.pair("q", chosen: "a", rejected: "b")])
            let answer = try await client(server).send(ControlRoutes.addFeedback, batch)
            #expect(answer.outcomes == [FeedbackOutcome(result: .added, id: "x")])
            let request = try #require(server.requests.first)
            #expect(request.method == "POST" && request.target == "/v1/feedback")
            #expect(request.headers["attune-api"] == "1")
            #expect(request.headers["content-type"] == "application/json")
            let sent = try JSONDecoder().decode(FeedbackBatch.self, from: request.body)
            #expect(sent == batch)
        }
    }

    @Test func inputOfAGetTravelsAsItsQuery() async throws {
        try await LoopbackServer.with { _ in
            .json(#"{"items":[]}"#)
        } _: { server in
            let page = try await client(server).send(
                ControlRoutes.listFeedback, FeedbackQuery(kind: .tie, limit: 5))
            #expect(page.items.isEmpty && page.next == nil)
            #expect(server.requests.first?.target == "/v1/feedback?kind=tie&limit=5")
            #expect(server.requests.first?.body.isEmpty == true)
        }
    }

    @Test func errorBodiesBecomeErrors() async throws {
        try await LoopbackServer.with { _ in
            .json(#"{"error":{"kind":"refused-by-policy","message":"cannot: no"}}"#, status: 403)
        } _: { server in
            await #expect(throws: ControlError(.refusedByPolicy, "cannot: no")) {
                _ = try await client(server).send(ControlRoutes.status)
            }
        }
    }

    @Test func anAnswerThatIsNoContractNamesTheServer() async throws {
        try await LoopbackServer.with { _ in
            .json("<html>")
        } _: { server in
            let error = await #expect(throws: ControlError.self) {
                try await client(server).send(ControlRoutes.status)
            }
            #expect(error?.kind == .internalError)
            #expect(error?.message.contains(server.path) == true)
        }
    }

    @Test func anotherProtocolVersionIsRefused() async throws {
        try await LoopbackServer.with { _ in
            var answer = LoopbackServer.Answer.json("{}")
            answer.headers = [(ControlProtocol.versionHeader, "2")]
            return answer
        } _: { server in
            let error = await #expect(throws: ControlError.self) {
                try await client(server).send(ControlRoutes.status)
            }
            #expect(error?.kind == .versionMismatch && error?.kind.exitCode == .unreachable)
        }
    }

    @Test func linesArriveWhateverTheChunks() async throws {
        let text =
            #"{"progress":{"phase":"training","done":1,"total":2}}"# + "\n"
            + #"{"value":{"prompt":0,"sample":0,"delta":"é"}}"# + "\n"
        try await LoopbackServer.with { _ in
            LoopbackServer.Answer(chunks: text.utf8.map { Data([$0]) })
        } _: { server in
            var phases: [String] = []
            var deltas: [String?] = []
            let order = GenerationOrder(prompts: [[.user("q")]])
            try await client(server).lines(ControlRoutes.generate, order).forEach {
                phases.append($0.phase)
            } value: {
                deltas.append($0.delta)
            }
            #expect(phases == ["training"] && deltas == ["é"])
        }
    }

    @Test func anErrorInTheMiddleOfLinesIsThrown() async throws {
        let text = #"{"error":{"kind":"cancelled","message":"stopped"}}"# + "\n"
        try await LoopbackServer.with { _ in
            .json(text)
        } _: { server in
            await #expect(throws: ControlError(.cancelled, "stopped")) {
                let _: RoundReport = try await client(server)
                    .lines(ControlRoutes.runTraining, TrainingRun()).lastValue()
            }
        }
    }

    @Test func anAnswerCutOffIsNoAnswer() async throws {
        try await LoopbackServer.with { _ in
            LoopbackServer.Answer(
                chunks: [Data((#"{"value":{"prompt":0,"sample":0}}"# + "\n").utf8)], isCut: true)
        } _: { server in
            let error = await #expect(throws: ControlError.self) {
                let order = GenerationOrder(prompts: [[.user("q")]])
                try await client(server).lines(ControlRoutes.generate, order).forEach { _ in }
            }
            #expect(error?.kind == .unreachable)
        }
    }

    @Test func objectsTravelBothWays() async throws {
        let bytes = Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let id = ObjectID(hashing: bytes)
        try await LoopbackServer.with { request in
            switch request.method {
            case "GET":
                LoopbackServer.Answer(chunks: [bytes.prefix(70_000), bytes.dropFirst(70_000)])
            case "PUT": LoopbackServer.Answer(status: 204)
            default: .json(#"{"error":{"kind":"not-found","message":""}}"#, status: 404)
            }
        } _: { server in
            let remote = DaemonRemote(name: "loop", client: client(server))
            #expect(try await remote.data(of: id, maximumSize: bytes.count) == bytes)
            try await remote.put(id, size: bytes.count, from: 0, body: ObjectBody(bytes))
            #expect(server.requests.last?.target == "/v1/objects/\(id.hex)")
            #expect(server.requests.last?.body == bytes)
            #expect(server.requests.last?.headers["content-length"] == "200000")
            _ = try await remote.get(id, from: 7)
            #expect(server.requests.last?.target == "/v1/objects/\(id.hex)?offset=7")
        }
    }

    /// A damaged object on a stick is refused; the daemon that it was meant for is well.
    @Test func aBodyThatCannotBeReadIsNoFaultOfTheDaemon() async throws {
        let id = ObjectID(hashing: Data([1, 2]))
        let fault = CheckpointError.hashMismatch(
            expected: id, found: ObjectID(hashing: Data([1])), place: "stick")
        try await LoopbackServer.with { _ in
            LoopbackServer.Answer(status: 204)
        } _: { server in
            let remote = DaemonRemote(name: "loop", client: client(server))
            let body = ObjectBody { continuation in
                continuation.yield(Data([1]))
                continuation.finish(throwing: fault)
            }
            await #expect(throws: fault) { try await remote.put(id, size: 2, from: 0, body: body) }
        }
    }

    @Test func judgementsAboutAnObjectAreRefusals() async throws {
        let id = ObjectID(hashing: Data([1]))
        try await LoopbackServer.with { request in
            request.method == "PUT"
                ? .json(#"{"error":{"kind":"integrity","message":"bad hash"}}"#, status: 422)
                : .json(#"{"error":{"kind":"storage-full","message":"full"}}"#, status: 507)
        } _: { server in
            let remote = DaemonRemote(name: "loop", client: client(server))
            await #expect(
                throws: CheckpointError.refused(
                    "object \(id.short)", by: "loop", reason: "bad hash")
            ) {
                try await remote.put(id, size: 1, from: 0, body: ObjectBody(Data([2])))
            }
            await #expect(throws: ControlError(.storageFull, "full")) {
                try await remote.admit(id, source: "me")
            }
        }
    }

    @Test(arguments: ["/nonexistent/attuned.sock", String(repeating: "/long", count: 30)])
    func nobodyThereIsSaidAtOnceWithAdvice(path: String) async {
        let error = await #expect(throws: ControlError.self) {
            try await ControlClient(socketPath: path).send(ControlRoutes.status)
        }
        #expect(error?.kind == .unreachable)
        #expect(error?.message.contains("attuned run") == true)
        #expect(error?.message.hasPrefix("cannot reach the daemon at \(path)") == true)
    }

    @Test func aSocketWithoutADaemonIsToldApart() async throws {
        let path = try await LoopbackServer.with { _ in
            .json("{}")
        } _: { server in
            // A second name keeps the socket's file when the server takes its own away.
            let kept = server.path + "-kept"
            #expect(link(server.path, kept) == 0)
            let moved = FileManager.default.temporaryDirectory
                .appending(path: "attune-stale-\(UInt32.random(in: 0 ... .max))").path
            try FileManager.default.moveItem(atPath: kept, toPath: moved)
            return moved
        }
        defer { unlink(path) }
        let error = await #expect(throws: ControlError.self) {
            try await ControlClient(socketPath: path).send(ControlRoutes.status)
        }
        #expect(error?.message.contains("nobody listens") == true)
    }
}
