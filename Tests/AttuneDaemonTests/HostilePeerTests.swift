import AttuneDaemon
import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import TestSupport
import Testing

/// A peer that wants to do harm, on a daemon's own socket: whatever it sends, nothing of it gets out of quarantine.
@Suite struct HostilePeerTests {
    /// A daemon with the tiny model and one honest checkpoint, which is somebody's head.
    private struct Host: Sendable {
        let test: TestDaemon
        let honest: CheckpointID
        let key = HostKey()
        let directory: TestSupport.TemporaryDirectory

        var repository: CheckpointRepository { test.daemon.checkpoints.repository }
        var remote: DaemonRemote { DaemonRemote(name: "victim", client: test.client) }

        init(_ test: TestDaemon) async throws {
            self.test = test
            directory = try TestSupport.TemporaryDirectory()
            try await test.useTinyModel(in: directory.path)
            let sample = try Sample.checkpoint(seed: 1, base: TinyModel.base)
            honest = try sample.record(in: test.daemon.checkpoints.repository)
            try repository.receiveHead(SignedHead(checkpoint: honest, counter: 5, key: key))
        }

        func put(_ data: Data) async throws {
            try await remote.put(
                ObjectID(hashing: data), size: data.count, from: 0, body: ObjectBody(data))
        }

        /// Sends a checkpoint and has it admitted, which must be refused.
        func refuses(_ manifest: Manifest, _ objects: [Data], _ why: Comment) async throws {
            for object in objects { try await put(object) }
            let bytes = try manifest.canonicalBytes()
            try? await put(bytes)
            await #expect(throws: CheckpointError.self, why) {
                try await remote.admit(ObjectID(hashing: bytes), source: "hostile")
            }
        }

        /// Everything that a peer could have got into: objects, heads and the registry.
        func trusted() throws -> [String] {
            let stored = try repository.objects.ids().map(\.hex)
            let heads = try repository.heads.all().map {
                "\($0.host) \($0.counter) \($0.checkpoint)"
            }
            return stored + heads + (try test.daemon.store.checkpoints().map(\.id))
        }
    }

    private func attacked(_ attack: @escaping @Sendable (Host) async throws -> Void) async throws {
        try await TestDaemon.run { test in
            let host = try await Host(test)
            let before = try host.trusted()
            try await attack(host)
            #expect(try host.trusted() == before)
            let outside = try FileManager.default.subpathsOfDirectory(
                atPath: test.daemon.directory.path)
            #expect(!outside.contains { $0.contains("escape") })
            #expect(try await test.client.send(ControlRoutes.status).pid > 0, "it still answers")
        }
    }

    @Test func forgedHeadsAndOldOnes() async throws {
        try await attacked { host in
            let head = try SignedHead(checkpoint: host.honest, counter: 6, key: HostKey())
            let other = try SignedHead(checkpoint: host.honest, counter: 4, key: host.key)
            let encoded = String(decoding: try head.encoded(), as: UTF8.self)
            let raw = try RawRequest(socket: host.test.socket)
            let signature = head.signature.base64EncodedString()
            for forged in [
                encoded.replacing(signature, with: other.signature.base64EncodedString()),
                encoded.replacing("\"counter\":6", with: "\"counter\":7"),
                encoded.replacing(
                    head.publicKey.base64EncodedString(),
                    with: other.publicKey.base64EncodedString()),
                encoded.replacing("\"counter\":6", with: "\"counter\":9223372036854775808"),
                encoded.replacing("\"counter\":6", with: "\"counter\":1e999"),
            ] {
                let answer = try await raw.answer(
                    "PUT /v1/heads/\(head.host)", body: "{\"head\":\(forged)}")
                #expect(answer.firstMatch(of: /HTTP\/1.1 [45]\d\d/) != nil, "\(answer)")
            }
            await #expect(throws: CheckpointError.self) { try await host.remote.putHead(other) }
        }
    }

    @Test(arguments: [
        "../../../escape", "..%2f..%2fescape", "%2e%2e/%2e%2e/escape", "/etc/escape", "a/../escape",
        String(repeating: "a", count: 63) + "/", String(repeating: "A", count: 64), "escape%00",
    ])
    func namesThatLeadElsewhere(name: String) async throws {
        try await attacked { host in
            let raw = try RawRequest(socket: host.test.socket)
            for line in [
                "PUT /v1/objects/\(name)", "GET /v1/objects/\(name)", "PUT /v1/heads/\(name)",
                "POST /v1/checkpoints/\(name)/receive",
            ] {
                let answer = try await raw.answer(line, body: "{\"source\":\"x\"}")
                #expect(answer.firstMatch(of: /HTTP\/1.1 4\d\d/) != nil, "\(line): \(answer)")
            }
        }
    }

    /// Lengths are believed only as far as bytes come.
    @Test(arguments: [
        "Content-Length: 9223372036854775808", "Content-Length: -1", "Content-Length: 4294967297",
        "Content-Length: 3\r\nContent-Range: bytes 9223372036854775807-0/9223372036854775808",
        "Content-Length: 3\r\nContent-Range: bytes 5-7/8", "Content-Length: 3\r\nContent-Length: 4",
    ])
    func lengthsThatCannotBe(header: String) async throws {
        try await attacked { host in
            let id = ObjectID(hashing: Data("abc".utf8))
            let answer = try await RawRequest(socket: host.test.socket).answer(
                to:
                    "PUT /v1/objects/\(id) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(header)\r\n\r\nabc"
            )
            #expect(!answer.hasPrefix("HTTP/1.1 2"), "\(answer)")
            #expect(try host.repository.objects.ids().contains(id) == false)
        }
    }

    /// A million names in one question are more than a question may have, and heads of more hosts than are listed are
    /// not taken.
    @Test func aMillionHeads() async throws {
        try await attacked { host in
            let raw = try RawRequest(socket: host.test.socket)
            let id = "\"\(String(repeating: "a", count: 64))\","
            let ids = String(repeating: id, count: 1_000_000).dropLast()
            let answer = try? await raw.answer(
                "POST /v1/objects/missing", body: "{\"ids\":[\(ids)]}")
            #expect(answer?.contains("HTTP/1.1 2") != true)
        }
        let directory = try TestSupport.TemporaryDirectory()
        let repository = CheckpointRepository(directory: directory.path)
        let checkpoint = try Sample.checkpoint(base: TinyModel.base).record(in: repository)
        for number in 0..<HeadStore.maximumHosts {
            let folder = "\(directory.path)/heads/\(ObjectID(hashing: Data("\(number)".utf8)))"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        }
        let error = #expect(throws: CheckpointError.self) {
            try repository.receiveHead(
                SignedHead(checkpoint: checkpoint, counter: 1, key: HostKey()))
        }
        #expect(error?.kind == "too-large")
    }

    @Test func checkpointsOfAnotherModel() async throws {
        try await attacked { host in
            let sample = try Sample.checkpoint(seed: 3)
            await #expect(throws: CheckpointError.self) {
                try await host.remote.inspect(manifest: sample.manifest.canonicalBytes())
            }
            try await host.refuses(sample.manifest, sample.objects, "another base")
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func weightsThatAreNoNumbers(weight: Float) async throws {
        try await attacked { host in
            var sample = try Sample.checkpoint(seed: 3, base: TinyModel.base)
            var bytes = sample.objects[0]
            withUnsafeBytes(of: weight.bitPattern.littleEndian) {
                bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: $0)
            }
            sample.manifest.objects["adapter"] = ObjectReference(
                id: ObjectID(hashing: bytes), size: bytes.count, format: .safetensors)
            try await host.refuses(
                sample.manifest, [bytes] + sample.objects.dropFirst(), "\(weight)")
        }
    }
}
