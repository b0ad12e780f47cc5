import ArgumentParser
import ControlAPI
import FeedbackFormats
import Testing
import attunectl

@Suite struct CommandLineTests {
    @Test(arguments: [
        ["status", "--json"], ["doctor", "--quiet"], ["watch"], ["config", "show"],
        ["feedback", "import", "a.jsonl", "-", "--allow-refused"],
        ["feedback", "add", "--prompt", "p", "--chosen", "a", "--rejected", "b", "--edit"],
        ["feedback", "list", "--kind", "tie", "--limit", "3"],
        ["feedback", "export", "--format", "metaapo", "-o", "x"],
        ["label"], ["label", "next"], ["label", "list", "--state", "open"],
        ["label", "answer", "id", "--best", "A", "--worst", "2"],
        ["label", "answer", "id", "--scores", "1,-2,0.5"], ["label", "skip", "id"],
        ["train", "run", "--pairs", "10", "--seed", "18446744073709551615", "--no-ask"],
        ["train", "pause"], ["train", "resume"], ["round", "show", "3"],
        ["checkpoint", "promote", "ab", "--force"], ["checkpoint", "rollback"],
        ["checkpoint", "export", "head", "--format", "gguf-lora", "--output", "a.gguf"],
        ["chat", "hello", "--greedy"], ["generate", "--prompts", "-", "--samples", "4"],
        ["evaluate", "--pairs", "f", "--per-pair", "--checkpoint", "base"],
        ["model", "add", "m.gguf", "--name", "m"], ["model", "tokenize", "--decode", "1", "2"],
        ["sync", "dir:///media/stick", "--pull", "--dry-run"], ["dial-stdio", "--socket", "/s"],
        ["status", "--host", "ssh://me@host:22"], ["status", "--host", "unix:///s"],
    ])
    func understood(arguments: [String]) throws {
        _ = try Attunectl.parseAsRoot(arguments)
    }

    @Test(arguments: [
        ["statu"], ["status", "--host", "dir:///x"], ["status", "--host", "host"],
        ["status", "--host", "ssh://-oProxyCommand=x"],
        ["status", "--host", "unix:///a", "--socket", "/b"],
        ["feedback", "add", "--prompt", "p"],
        ["feedback", "add", "--prompt", "p", "--chosen", "a", "--rejected", "a"],
        [
            "feedback", "add", "--prompt", "p", "--chosen", "a", "--rejected", "b", "--tie",
            "--edit",
        ],
        ["label", "answer", "id"], ["label", "answer", "id", "--best", "A"],
        ["label", "answer", "id", "--best", "A", "--worst", "B", "--none-good"],
        ["label", "answer", "id", "--scores", "1,,2"], ["label", "--json"],
        ["generate"], ["generate", "p", "--prompts", "f"], ["generate", "p", "--samples", "0"],
        ["chat", "--json"], ["sync", "ftp://x"], ["sync", "dir://relative"],
        ["model", "tokenize", "text", "--lines"], ["dial-stdio", "--host", "ssh://x"],
        ["dial-stdio", "--role", "peer", "--feedback", "3f2a-91bc"],
    ])
    func refused(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try Attunectl.parseAsRoot(arguments) }
        if let error { #expect(Attunectl.exitCode(for: error) == .validationFailure) }
    }

    @Test func globalOptionsMayComeFirst() {
        #expect(
            LeadingOptions.moved(in: ["--socket", "/s", "--json", "label", "next"])
                == ["label", "next", "--socket", "/s", "--json"])
        #expect(
            LeadingOptions.moved(in: ["--host=ssh://h", "chat", "--", "-q"])
                == ["chat", "--host=ssh://h", "--", "-q"])
        #expect(LeadingOptions.moved(in: ["status", "--json"]) == ["status", "--json"])
        #expect(LeadingOptions.moved(in: ["--socket"]) == ["--socket"])
        #expect(LeadingOptions.moved(in: ["--help"]) == ["--help"])
    }

    @Test func aWordThatIsNoCommandIsTheMistakeAndNotTheOptionsBeforeIt() throws {
        let error = #expect(throws: (any Error).self) {
            try Attunectl.understood(["--socket", "/s", "--json", "statu"])
        }
        #expect(Attunectl.message(for: try #require(error)).contains("'statu'"))
        _ = try Attunectl.understood(["--socket", "/s", "--json", "status"])
    }

    @Test func sshGetsNoOptionFromAnAddress() {
        let target = SSHTarget(user: "me", host: "host", port: 2222, socket: "/a b/it's.sock")
        let always = ["-T", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3"]
        #expect(
            target.arguments(isAttended: true) == always + [
                "-l", "me", "-p", "2222", "--", "host", "attunectl", "dial-stdio", "--socket",
                #"'/a b/it'\''s.sock'"#,
            ])
        #expect(
            SSHTarget(user: nil, host: "h", port: nil, socket: nil).arguments(isAttended: true)
                == always + ["--", "h", "attunectl", "dial-stdio"])
        #expect(
            SSHTarget(user: nil, host: "h", port: nil, socket: nil).arguments(isAttended: false)
                == always + ["-o", "BatchMode=yes", "--", "h", "attunectl", "dial-stdio"])
    }
}
