import AttuneDaemon
import Foundation
import LanguageModel
import Logging
import PreferenceLearning
import Testing

@Suite struct CommandAnnotatorTests {
    private let request = LabelRequest(
        id: "r1",
        pair: PairExample(
            id: "p", prompt: [ChatMessage(role: "user", content: "Hi")], chosen: "a",
            rejected: "b"),
        candidates: ["one", "three"], score: -0.7, weight: 0.3, draw: 0.9, checkpoint: nil,
        step: 0)

    /// An annotator that is a script of `/bin/sh`.
    private func annotator(
        _ script: String, seconds: Double = 20,
        runs: DaemonConfiguration.Annotator.Runs = .on,
        log: any LogHandler = SwiftLogNoOpLogHandler()
    ) -> CommandAnnotator {
        CommandAnnotator(
            command: ["sh", "-c", script], timeout: .seconds(seconds), runs: runs,
            logger: Logger(label: "test", factory: { _ in log }))
    }

    private func answer(
        _ annotator: CommandAnnotator, whileWaiting: () throws -> Void = {}
    ) throws -> LabelAnswer {
        try annotator.annotate(request, whileWaiting: whileWaiting)
    }

    @Test func scoresAreTakenAndTheProgramKeepsRunning() throws {
        let annotator = annotator(
            #"n=0; while read line; do n=$((n+1)); echo "{\"id\":\"r1\",\"scores\":[$n,0]}"; done"#)
        #expect(try answer(annotator) == .scores([1, 0]))
        #expect(try answer(annotator) == .scores([2, 0]))
    }

    /// Such a program may read all of its input before it answers.
    @Test func aProgramThatRunsOnceForEachRequestMeetsTheEndOfItsInput() throws {
        let count = TemporaryDirectory.path()
        defer { TemporaryDirectory.remove(count) }
        let annotator = annotator(
            #"cat > /dev/null; echo x >> \#(count); echo "{\"id\":\"r1\",\"scores\":[$(wc -l < \#(count)),0]}""#,
            runs: .onceEach)
        #expect(try answer(annotator) == .scores([1, 0]))
        #expect(try answer(annotator) == .scores([2, 0]))
    }

    @Test func bothAnnotatorsShareTheRequests() {
        var annotator = DaemonConfiguration().annotator
        annotator.kind = .both
        annotator.commandShare = 0.25
        let requests = (0..<1000).map { "request \($0)" }
        let forCommand = requests.filter(annotator.isForCommand)
        #expect((200...300).contains(forCommand.count))
        #expect(requests.filter(annotator.isForCommand) == forCommand)
        annotator.commandShare = 1
        #expect(requests.allSatisfy(annotator.isForCommand))
        annotator.kind = .human
        #expect(!requests.contains(where: annotator.isForCommand))
    }

    @Test func theProgramSeesIdPromptAndCandidates() throws {
        let file = TemporaryDirectory.path()
        defer { TemporaryDirectory.remove(file) }
        let annotator = annotator(
            #"read line; printf '%s' "$line" > \#(file); echo '{"id":"r1","scores":[0,1]}'; cat"#)
        _ = try answer(annotator)
        #expect(
            try String(contentsOfFile: file, encoding: .utf8)
                == #"{"candidates":["one","three"],"id":"r1","prompt":[{"content":"Hi","role":"user"}]}"#
        )
    }

    @Test func aProgramThatDiesOnceIsStartedAgain() throws {
        let mark = TemporaryDirectory.path()
        defer { TemporaryDirectory.remove(mark) }
        let annotator = annotator(
            #"read line; [ -e \#(mark) ] || { touch \#(mark); exit 3; }; echo '{"id":"r1","scores":[0,1]}'; cat"#
        )
        #expect(try answer(annotator) == .scores([0, 1]))
    }

    @Test func aProgramThatAlwaysDiesIsAnErrorWithItsStatus() {
        #expect(throws: AnnotatorError.died("sh", status: 7)) {
            try answer(annotator("exit 7"))
        }
    }

    @Test func aMissingProgramIsAnError() {
        let annotator = CommandAnnotator(
            command: ["/nowhere/judge"], timeout: .seconds(20),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        #expect(
            throws: AnnotatorError.cannotStart(
                "/nowhere/judge", reason: "No such file or directory")
        ) {
            try answer(annotator)
        }
    }

    @Test(arguments: [
        #"not json"#, #"{"id":"r1"}"#, #"{"id":"other","scores":[0,1]}"#,
        #"{"id":"r1","scores":[1]}"#, #"{"id":"r1","scores":[0,1,2]}"#,
        #"{"id":"r1","scores":[0,"high"]}"#,
    ])
    func badRepliesAreRefused(reply: String) throws {
        do {
            _ = try answer(annotator("read line; echo '\(reply)'; cat"))
            Issue.record("\(reply) was accepted")
        } catch AnnotatorError.badReply(let line, _) {
            #expect(line == reply)
        }
    }

    @Test func aSilentProgramTimesOut() {
        #expect(throws: AnnotatorError.timedOut) {
            try answer(annotator("cat > /dev/null", seconds: 0.3))
        }
    }

    @Test func timeSpentOnOthersIsNotTheProgramsTime() throws {
        let annotator = annotator(
            #"read line; echo '{"id":"r1","scores":[0,1]}'; cat"#, seconds: 0.3)
        var isFirst = true
        let answer = try answer(annotator) {
            if isFirst { usleep(600_000) }
            isFirst = false
        }
        #expect(answer == .scores([0, 1]))
    }

    @Test func waitingEndsWhenTheRoundIsPaused() {
        var calls = 0
        #expect(throws: CancellationError.self) {
            try answer(annotator("cat > /dev/null")) {
                calls += 1
                if calls > 2 { throw CancellationError() }
            }
        }
    }

    @Test func aLateAnswerIsNeverTakenForTheNextQuestion() throws {
        let annotator = annotator(
            #"read line; read more; echo '{"id":"r1","scores":[9,9]}'; cat"#, seconds: 0.3)
        #expect(throws: AnnotatorError.timedOut) { try answer(annotator) }
        #expect(throws: AnnotatorError.timedOut) { try answer(annotator) }
    }

    @Test func largeQuestionsAndChattyProgramsDoNotLockUp() throws {
        var request = request
        request.candidates = [String(repeating: "x", count: 1 << 20), "y"]
        let annotator = annotator(
            #"echo noise >&2; dd if=/dev/zero bs=1024 count=200 2>/dev/null | tr '\0' 'n' >&2; read line; echo '{"id":"r1","scores":[0,1]}'; cat"#
        )
        #expect(try annotator.annotate(request) {} == .scores([0, 1]))
    }

    @Test(.timeLimit(.minutes(1))) func complaintsAreLoggedLineByLine() async throws {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        let annotator = annotator(
            "echo one >&2; printf two >&2; exit 7", log: LineLog(lines: continuation))
        // A program that dies is started once more, which is logged too.
        #expect(throws: AnnotatorError.died("sh", status: 7)) { try answer(annotator) }
        var seen: [String] = []
        for await line in lines.prefix(5) { seen.append(line) }
        #expect(seen.filter { $0 == "Annotator: one" }.count == 2)
        #expect(seen.filter { $0 == "Annotator: two" }.count == 2)
    }

    /// Passes on the text of what is logged.
    private struct LineLog: LogHandler {
        let lines: AsyncStream<String>.Continuation
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.yield(event.message.description) }
    }
}
