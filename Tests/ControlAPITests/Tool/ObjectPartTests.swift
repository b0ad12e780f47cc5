import Testing
import attunectl

@Suite struct ObjectPartTests {
    @Test(arguments: [("0-3-3-a", 3), ("0-0-0-a1", 0), ("8-16-20-zz", 8)])
    func aFileAsLongAsItsNameSaysIsAPart(name: String, size: Int) {
        #expect(ObjectPart(name: name, fileSize: size)?.fileName == name)
    }

    @Test(arguments: [
        ("0-3-3-a", 2), ("0-3-2-a", 3), ("3-0-3-a", -3), ("-1-2-3-a", 3), ("0-3-3", 3),
        ("0-3-3-a-b", 3), ("00-3-3-a", 3), ("+0-3-3-a", 3), ("0-9223372036854775808-9-a", 9),
        ("0-99999999999-99999999999-a", 99_999_999_999), ("0-134217728-134217728-a", 134_217_728),
        ("", 0), ("a-b-c-d", 0), ("0-3-3-", 3), ("0-3-3-A", 3), ("0-3-3-a/b", 3), ("5-5-9-a", 0),
    ])
    func anythingElseIsNone(name: String, size: Int) {
        #expect(ObjectPart(name: name, fileSize: size) == nil)
    }

    @Test func partsCountAsFarAsTheyFollowOneAnother() {
        let part = { ObjectPart(start: $0, end: $1, size: 30, writer: "a") }
        #expect(ObjectParts([part(10, 20), part(20, 30)]).received == 0)
        #expect(ObjectParts([part(0, 10), part(20, 30)]).received == 10)
        #expect(ObjectParts([part(20, 30), part(0, 10), part(10, 20)]).wholeSize == 30)
        #expect(ObjectParts([part(0, 10), part(0, 20), part(20, 30)]).wholeSize == 30)
        let lie = ObjectPart(start: 0, end: 25, size: 90, writer: "b")
        #expect(ObjectParts([lie, part(0, 10), part(10, 30)]).wholeSize == 30)
        #expect(ObjectParts([lie, part(0, 10), part(10, 30)], size: 90).received == 25)
        #expect(ObjectParts([]).wholeSize == nil)
    }
}
