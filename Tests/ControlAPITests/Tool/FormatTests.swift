import Foundation
import Testing
import attunectl

@Suite struct FormatTests {
    @Test(arguments: [
        (0.0, "0 ms"), (0.0004, "0 ms"), (0.85, "850 ms"), (12.34, "12.3 s"), (59.94, "59.9 s"),
        (59.96, "1m00s"), (245, "4m05s"), (7620, "2h07m"), (273_600, "3d04h"),
        (.infinity, "?"), (-1, "0 ms"),
    ])
    func durations(seconds: Double, text: String) {
        #expect(Format.duration(seconds) == text)
    }

    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (98_362_432, "93.8 MiB"),
            (1_048_575, "1.0 MiB"), (5 << 40, "5.0 TiB"), (Int64.max, "8388608.0 TiB"),
        ] as [(Int64, String)])
    func sizes(count: Int64, text: String) {
        #expect(Format.bytes(count) == text)
    }

    @Test func timesAreOfTheZone() throws {
        let date = Date(timeIntervalSince1970: 1_795_455_568)
        let zone = try #require(TimeZone(secondsFromGMT: 3600))
        #expect(Format.time(date, zone: zone) == "2026-11-23 18:39")
        #expect(Format.clock(date, zone: zone) == "18:39:28")
    }

    @Test func figuresKeepFourDecimals() {
        #expect(Format.figure(-0.69314) == "-0.6931")
        #expect(Format.figure(-0.000174) == "-1.7e-04")
        #expect(Format.figure(-0.0) == "0.0000" && Format.figure(12.3) == "12.3000")
        #expect(Format.figure(.nan) == "nan")
        #expect(Format.percent(0.615) == "61.5 %")
    }

    @Test func textFromAModelCannotSteerTheTerminal() {
        #expect(
            Format.printable("a\u{1B}[2Jb\r\u{9B}c\n\td") == "a\u{FFFD}[2Jb\u{FFFD}\u{FFFD}c\n\td")
        #expect(Format.printable("naïve 🦜 日本") == "naïve 🦜 日本")
    }

    @Test func excerptsAreOneLineOfLimitedWidth() {
        #expect(Format.excerpt("one\n  two\tthree", width: 40) == "one two three")
        #expect(Format.excerpt("abcdef", width: 4) == "abc…")
        #expect(Format.excerpt("abcd", width: 4) == "abcd")
    }

    @Test func columnsAlign() {
        var table = Table("id", ">size", "name")
        table.add("a", "1", "x")
        table.add("bcd", "1000", "")
        #expect(
            table.text == """
                ID   SIZE  NAME
                a       1  x
                bcd  1000
                """)
        #expect(Table("id").text == "")
    }

    @Test func factsAlignAndContinue() {
        var facts = Facts()
        facts.add("id", "1")
        facts.add("missing", nil)
        facts.add("parents", "a\nb")
        #expect(facts.text == "id       1\nparents  a\n         b")
    }
}
