import ControlAPI
import Testing

@Suite struct LineSplitterTests {
    private static let text = "{\"a\":1}\n\n{\"b\":\"é🦜\"}\r\n[1,2]\nlast"
    private static let lines = ["{\"a\":1}", "{\"b\":\"é🦜\"}", "[1,2]", "last"]

    private func split(_ chunks: [[UInt8]]) -> [String] {
        var splitter = LineSplitter()
        var lines: [String] = []
        for chunk in chunks {
            splitter.append(chunk)
            while let line = splitter.next() { lines.append(String(decoding: line, as: UTF8.self)) }
        }
        if let line = splitter.last() { lines.append(String(decoding: line, as: UTF8.self)) }
        return lines
    }

    @Test func linesDoNotDependOnWhereChunksAreCut() {
        let bytes = Array(Self.text.utf8)
        #expect(split([bytes]) == Self.lines)
        #expect(split(bytes.map { [$0] }) == Self.lines)
        for cut in bytes.indices {
            #expect(split([Array(bytes[..<cut]), Array(bytes[cut...])]) == Self.lines, "\(cut)")
        }
    }

    @Test func nothingGivesNoLines() {
        #expect(split([]) == [])
        #expect(split([[], []]) == [])
        #expect(split([Array("\n\r\n\n".utf8)]) == [])
    }

    @Test func pendingBytesAreThoseOfTheUnfinishedLine() {
        var splitter = LineSplitter()
        splitter.append("one\ntwo".utf8)
        #expect(splitter.next().map { String(decoding: $0, as: UTF8.self) } == "one")
        #expect(splitter.next() == nil)
        #expect(splitter.pendingCount == 3)
    }
}
