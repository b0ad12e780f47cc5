import Logging
import SystemdSupport
import Testing

@Suite struct LogHandlerTests {
    private func event(_ message: Logger.Message, _ metadata: Logger.Metadata) -> LogEvent {
        LogEvent(
            level: .warning, message: message, metadata: metadata, source: "test",
            file: "File.swift", function: "run()", line: 7)
    }

    @Test func journalFieldsCarryMessagePriorityAndMetadata() {
        var handler = JournalLogHandler(label: "attuned")
        handler[metadataKey: "round"] = "12"
        let fields = handler.fields(of: event("trained\nwell", ["pair-id": "ab cd"]))
        #expect(fields.contains("MESSAGE=trained\nwell"))
        #expect(fields.contains("PRIORITY=4"))
        #expect(fields.contains("SYSLOG_IDENTIFIER=attuned"))
        #expect(fields.contains("ROUND=12"))
        #expect(fields.contains("PAIR_ID=ab cd"))
    }

    @Test(arguments: ["_pid", "__", "9lives", "message", "über", "priority"])
    func metadataNeverForgesATrustedOrOwnField(key: String) {
        let fields = JournalLogHandler(label: "l").fields(of: event("m", [.init(key): "forged"]))
        let names = fields.filter { $0.hasSuffix("=forged") }.map { $0.split(separator: "=")[0] }
        for name in names {
            #expect(name.first.map { $0.isLetter && $0.isASCII } == true)
            #expect(!["MESSAGE", "PRIORITY"].contains(name))
        }
    }

    @Test func linesQuoteWhatHoldsSpaces() {
        let line = LineLogHandler(label: "attuned")
            .line(for: event("ready", ["socket": "/run/a b", "pid": "4", "why": "say \"no\"\n"]))
        #expect(
            line == #"attuned: warning: ready pid=4 socket="/run/a b" why="say \"no\"\n""#)
    }
}
