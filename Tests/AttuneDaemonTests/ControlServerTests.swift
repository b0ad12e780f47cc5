import AttuneDaemon
import CheckpointStore
import ControlAPI
import FeedbackFormats
import Foundation
import Testing

/// Handlers over a live Unix socket, without a model.
@Suite struct ControlServerTests {
    private func pair(_ number: Int) -> Feedback {
        .pair("Question \(number)?", chosen: "Answer \(number).", rejected: "No \(number).")
    }

    private func expectRefusal(
        _ kind: ErrorKind, _ work: () async throws -> Void
    ) async {
        do {
            try await work()
            Issue.record("nothing was refused, \(kind) was expected")
        } catch let error as ControlError {
            #expect(error.kind == kind, "\(error.message)")
            #expect(error.message.hasPrefix("cannot "), "\(error.message)")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func feedbackAddedIsListedShownRetractedAndCounted() async throws {
        try await TestDaemon.run { test in
            let batch = FeedbackBatch(items: [
                pair(1), pair(2), pair(1), Feedback(kind: .tie, prompt: []),
            ])
            let outcomes = try await test.client.send(ControlRoutes.addFeedback, batch).outcomes
            #expect(outcomes.map(\.result) == [.added, .added, .duplicate, .refused])
            #expect(outcomes[2].id == outcomes[0].id)
            #expect(outcomes[3].reason != nil)

            let page = try await test.client.send(
                ControlRoutes.listFeedback, FeedbackQuery(kind: .pair, limit: 1))
            #expect(page.items.map(\.feedback) == [pair(2)])
            let rest = try await test.client.send(
                ControlRoutes.listFeedback, FeedbackQuery(limit: 5, after: page.next))
            #expect(rest.items.map(\.feedback) == [pair(1)])
            #expect(rest.next == nil)

            let id = try #require(outcomes[0].id)
            let shown = try await test.client.send(ControlRoutes.showFeedback, at: id)
            #expect(shown.feedback == pair(1))
            let retracted = try await test.client.send(ControlRoutes.retractFeedback, at: id)
            #expect(retracted.retraction != nil)
            let counts = try await test.client.send(ControlRoutes.status).feedback
            #expect(counts.total == 1)
            #expect(counts.retracted == 1)
        }
    }

    @Test func feedbackOutlivesTheDaemon() async throws {
        let state = TemporaryDirectory.path()
        defer { TemporaryDirectory.remove(state) }
        try await TestDaemon.run(keepingState: state) { test in
            _ = try await test.client.send(
                ControlRoutes.addFeedback, FeedbackBatch(items: (0..<40).map(pair)))
        }
        try await TestDaemon.run(keepingState: state) { test in
            let counts = try await test.client.send(ControlRoutes.status).feedback
            #expect(counts.total == 40)
        }
    }

    @Test func exportGivesEveryPairAsALine() async throws {
        try await TestDaemon.run { test in
            _ = try await test.client.send(
                ControlRoutes.addFeedback, FeedbackBatch(items: (0..<3).map(pair)))
            for format in [FeedbackExport.trl, .metaAPO] {
                var data = Data()
                try await test.client.download(
                    ControlRoutes.exportFeedback, FeedbackExportQuery(format: format)
                ) { data.append($0) }
                #expect(data.split(separator: UInt8(ascii: "\n")).count == 3)
            }
        }
    }

    @Test func eventsTellWhatHappensAndEndWithTheDaemon() async throws {
        try await TestDaemon.run { test in
            let events = try await test.client.lines(ControlRoutes.events)
            _ = try await test.client.send(
                ControlRoutes.addFeedback, FeedbackBatch(items: [pair(1)]))
            for try await event in events {
                #expect(event.kind == .feedbackAdded)
                break
            }
        }
    }

    @Test func withoutAModelWorkIsRefusedWithARemedy() async throws {
        try await TestDaemon.run { test in
            let order = GenerationOrder(prompts: [[.user("Hi")]])
            await expectRefusal(.noModel) {
                _ = try await test.client.lines(ControlRoutes.generate, order)
            }
            await expectRefusal(.noModel) {
                _ = try await test.client.lines(ControlRoutes.runTraining, TrainingRun())
            }
            await expectRefusal(.noModel) {
                _ = try await test.client.send(
                    ControlRoutes.tokenize, TokenizationOrder(text: "Hi"))
            }
        }
    }

    @Test func whatIsNotThereIsNotFound() async throws {
        try await TestDaemon.run { test in
            await expectRefusal(.notFound) {
                _ = try await test.client.send(ControlRoutes.showFeedback, at: "0123456789abcdef")
            }
            await expectRefusal(.notFound) {
                _ = try await test.client.send(ControlRoutes.showLabel, at: "nothing")
            }
            await expectRefusal(.notFound) {
                _ = try await test.client.send(ControlRoutes.showRound, at: "7")
            }
            await expectRefusal(.notFound) {
                _ = try await test.client.send(ControlRoutes.showCheckpoint, at: "abcdef")
            }
            await expectRefusal(.notFound) {
                _ = try await test.client.send(ControlRoutes.useModel, at: "none")
            }
            await expectRefusal(.notFound) {
                _ = try await test.client.send(
                    ControlRoutes.addModel, ModelAddition(path: "/nowhere/model.gguf"))
            }
            let isThere = try await test.client.has(object: ObjectID(hashing: Data("no".utf8)))
            #expect(!isThere)
        }
    }

    @Test func impossibleRequestsAreInvalid() async throws {
        try await TestDaemon.run { test in
            await expectRefusal(.invalidRequest) {
                _ = try await test.client.send(
                    ControlRoutes.listFeedback, FeedbackQuery(limit: 100_000))
            }
            await expectRefusal(.invalidRequest) {
                _ = try await test.client.send(ControlRoutes.showRound, at: "first")
            }
            await expectRefusal(.conflict) {
                _ = try await test.client.send(ControlRoutes.rollbackCheckpoint)
            }
            let raw = try RawRequest(socket: test.socket)
            #expect(try raw.send("POST /v1/feedback", body: "{").contains("invalid-request"))
            #expect(try raw.send("GET /v1/nothing").contains("\"not-found\""))
            let head = try raw.send("HEAD /v1/objects/" + String(repeating: "a", count: 64))
            #expect(head.hasPrefix("HTTP/1.1 404") && head.hasSuffix("\r\n\r\n"))
            #expect(try raw.send("GET /v1/feedback?limit=x").contains("invalid-request"))
        }
    }

    @Test func oversizeBodiesAreTooLarge() async throws {
        try await TestDaemon.run { test in
            await expectRefusal(.tooLarge) {
                _ = try await test.client.send(
                    ControlRoutes.addFeedback,
                    FeedbackBatch(items: (0...ControlProtocol.feedbackBatchLimit).map(pair)))
            }
        }
    }

    @Test func brokenModelFilesAreRefusedAndNotRegistered() async throws {
        try await TestDaemon.run { test in
            let path = TemporaryDirectory.path() + ".gguf"
            try Data("GGUF\u{3}\0\0\0truncated".utf8).write(to: URL(fileURLWithPath: path))
            defer { TemporaryDirectory.remove(path) }
            await expectRefusal(.integrity) {
                _ = try await test.client.send(ControlRoutes.addModel, ModelAddition(path: path))
            }
            let models = try await test.client.send(ControlRoutes.listModels)
            #expect(models.items.isEmpty)
        }
    }

    @Test func statusDoctorAndConfigurationAnswer() async throws {
        try await TestDaemon.run { test in
            let status = try await test.client.send(ControlRoutes.status)
            #expect(status.pid == getpid())
            #expect(status.training.state == .idle)
            let doctor = try await test.client.send(ControlRoutes.doctor)
            #expect(doctor.checks.first { $0.name == "database" }?.state == .ok)
            #expect(doctor.checks.first { $0.name == "model" }?.state == .warning)
            let configuration = try await test.client.send(ControlRoutes.configuration)
            #expect(configuration.settings.count == DaemonConfiguration.settings.count)
        }
    }

    @Test func objectsAreKeptOnlyUnderTheirOwnHash() async throws {
        try await TestDaemon.run { test in
            let wrong = String(repeating: "0", count: 64)
            let raw = try RawRequest(socket: test.socket)
            #expect(try raw.send("PUT /v1/objects/\(wrong)", body: "bytes").contains("integrity"))
            #expect(
                try raw.send("PUT /v1/objects/..%2f..%2fetc", body: "bytes")
                    .contains("invalid-request"))
            let quarantine = test.daemon.directory.path + "/quarantine"
            let left = try FileManager.default.subpathsOfDirectory(atPath: quarantine)
            #expect(left.isEmpty)
        }
    }

    @Test func pausedTrainingSaysSoAndSurvivesARestart() async throws {
        let state = TemporaryDirectory.path()
        defer { TemporaryDirectory.remove(state) }
        try await TestDaemon.run(keepingState: state) { test in
            let paused = try await test.client.send(ControlRoutes.pauseTraining)
            #expect(paused.state == .paused)
            await expectRefusal(.conflict) {
                _ = try await test.client.lines(ControlRoutes.runTraining, TrainingRun())
            }
        }
        try await TestDaemon.run(keepingState: state) { test in
            let status = try await test.client.send(ControlRoutes.status)
            #expect(status.training.state == .paused)
            let resumed = try await test.client.send(ControlRoutes.resumeTraining)
            #expect(resumed.state == .idle)
        }
    }

    @Test func sixtyFourClientsAddWithoutLossOrDoubling() async throws {
        try await TestDaemon.run { test in
            try await withThrowingTaskGroup { group in
                for client in 0..<64 {
                    group.addTask {
                        for item in 0..<4 {
                            let outcome = try await test.client.send(
                                ControlRoutes.addFeedback,
                                FeedbackBatch(items: [pair(100 * client + item + 1), pair(-item)]))
                            #expect(outcome.outcomes[0].result == .added)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let counts = try await test.client.send(ControlRoutes.status).feedback
            #expect(counts.total == 64 * 4 + 4)
        }
    }
}
