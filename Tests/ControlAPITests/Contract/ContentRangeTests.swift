import ControlAPI
import Testing

@Suite struct ContentRangeTests {
    @Test(arguments: [(0, 1), (0, 5), (3, 5), (4, 5), (5, 5), (0, 0)])
    func aRestIsReadAsItIsWritten(_ offset: Int, _ size: Int) {
        let range = ContentRange(offset: offset, size: size)
        #expect(ContentRange(range.description) == range)
    }

    @Test(arguments: [
        "", "bytes", "bytes ", "bytes 3-4", "bytes 3-3/5", "bytes 5-4/5", "bytes -1-4/5",
        "bytes 3-/5",
        "bytes 3-4/*", "bytes 3-4/5/6", "items 3-4/5", "bytes 0--1/0", "bytes */-1",
        "bytes 0-9223372036854775807/9223372036854775808",
    ])
    func anythingElseIsRefused(_ text: String) {
        #expect(ContentRange(text) == nil)
    }
}
