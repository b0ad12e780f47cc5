import ControlAPI
import Foundation
import Testing

extension EndToEndTests {
    /// Each kind of bad input gets a message that says what, why and what to do, a documented exit code, and leaves
    /// what was there as it was.
    @Suite struct BadInputTests {
        @Test func badRowsAreRefusedByLineAndTheOthersAreIn() async throws {
            let host = Machine(in: try Scratch())
            try await host.start()
            let rows = try host.scratch.file(
                "rows",
                holding: """
                    {"prompt": "One?", "chosen": "Yes.", "rejected": "No."}
                    {"prompt": "Two?", "chosen": "Yes."
                    {"prompt": "Three?", "chosen": "", "rejected": "No."}
                    {"prompt": "Four?", "chosen": "Same.", "rejected": "Same."}
                    {"prompt": "One?", "chosen": "Yes.", "rejected": "No."}
                    {"weather": "fine"}
                    {"prompt": "Seven?", "chosen": "Yes.", "rejected": "No."}

                    """)

            let outcome = try await host.attunectl("feedback", "import", rows.path, "--json")
            #expect(outcome.status == 1, "\(outcome)")
            let tally = try JSONDecoder().decode(Tally.self, from: Data(outcome.output.utf8))
            #expect(tally.added == 2)
            #expect(tally.duplicates == 1)
            #expect(tally.refusals.map(\.line) == [2, 3, 4, 6], "\(outcome)")
            #expect(tally.refusals.allSatisfy { !$0.reason.isEmpty })

            let again = try await host.attunectl("feedback", "import", rows.path, "--allow-refused")
            #expect(again.status == 0, "\(again)")
            #expect(try await host.client.send(ControlRoutes.status).feedback.total == 2)
            await host.stop()
        }

        private struct Tally: Decodable {
            struct Refusal: Decodable {
                let line: Int
                let reason: String
            }

            let added: Int
            let duplicates: Int
            let refusals: [Refusal]
        }

        @Test func anEmptyAnswerIsRefusedBeforeItTravels() async throws {
            let host = Machine(in: try Scratch())
            let outcome = try await host.attunectl(
                "feedback", "add", "--prompt", "Why?", "--chosen", " ", "--rejected", "Because.")
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("`chosen`"), "\(outcome)")
        }

        @Test func aFileThatIsNoModelIsRefused() async throws {
            let host = Machine(in: try Scratch())
            try await host.start()
            let file = try host.scratch.file("poem.gguf", holding: "Roses are red\n")
            let wrong = try await host.attunectl("model", "add", file.path)
            #expect([1, 5].contains(wrong.status), "\(wrong)")
            #expect(wrong.errors.contains("cannot"), "\(wrong)")
            #expect(wrong.errors.contains("GGUF"), "\(wrong)")

            let missing = try await host.attunectl("model", "add", "/nowhere/model.gguf")
            #expect(missing.status == 1)
            #expect(missing.errors.contains("/nowhere/model.gguf"), "\(missing)")
            #expect(try await host.client.send(ControlRoutes.listModels).items.isEmpty)

            let answer = try await host.attunectl("generate", "Hello?")
            #expect(answer.status == 1, "\(answer)")
            #expect(answer.errors.contains("model add"), "says how to get one: \(answer)")
            await host.stop()
        }

        @Test func aTruncatedModelIsRefused() async throws {
            let host = Machine(in: try Scratch())
            let model = try #require(
                FileHandle(forReadingAtPath: BuiltProgram.model), "run Tools/fetch-model")
            let truncated = try host.scratch.file("truncated.gguf")
            let head = try #require(try model.read(upToCount: 20_000_000))
            try head.write(to: truncated)

            let start = try await host.startExpectingEnd(model: truncated.path)
            #expect(start.status == 1, "\(start)")
            #expect(start.errors.contains(truncated.path), "\(start)")

            try await host.start()
            let added = try await host.attunectl("model", "add", truncated.path)
            #expect([1, 5].contains(added.status), "\(added)")
            #expect(added.errors.contains(truncated.path), "\(added)")
            #expect(added.errors.contains("end"), "says that the file ends too early: \(added)")
            await host.stop()
        }

        @Test func filesThatCannotBeReadAreNamedWithTheReason() async throws {
            let host = Machine(in: try Scratch())
            try await host.start()
            let missing = host.scratch.path + "/missing.jsonl"
            for command in [
                ["feedback", "import"], ["evaluate", "--pairs"], ["generate", "--prompts"],
            ] {
                for (path, reason) in [
                    (missing, "No such file or directory"), (host.scratch.path, "Is a directory"),
                ] {
                    let outcome = try await host.attunectl(command + [path])
                    #expect(outcome.status == 1, "\(outcome)")
                    #expect(
                        outcome.errors.hasPrefix("attunectl: cannot read \(path): \(reason); "),
                        "\(outcome)")
                }
            }
            await host.stop()
        }

        @Test func nobodyThereIsCodeThreeAndNonsenseIsCodeTwo() async throws {
            let host = Machine(in: try Scratch())
            let nobody = try await host.attunectl("status", "--json")
            #expect(nobody.status == 3)
            #expect(nobody.errors.contains(#""kind":"unreachable""#), "\(nobody)")
            #expect(try await host.attunectl("feedback", "addd").status == 2)
            #expect(try await host.attunectl("sync", "gopher://host").status == 2)
        }

        @Test(arguments: [
            ["status", "--json", "--jsn"], ["--json", "nonsense"],
            ["train", "run", "--pairs", "x", "--json"],
            ["label", "answer", "id", "--json"], ["chat", "--json"],
        ])
        func usageErrorsAreJSONWhereJSONIsAskedFor(arguments: [String]) async throws {
            let host = Machine(in: try Scratch())
            let outcome = try await host.run(BuiltProgram.attunectl, arguments)
            #expect(outcome.status == 2, "\(outcome)")
            #expect(outcome.output.isEmpty)
            let body = try JSONDecoder().decode(ErrorBody.self, from: Data(outcome.errors.utf8))
            #expect(body.error.kind == .invalidRequest)
            #expect(!body.error.message.isEmpty)
        }
    }
}
