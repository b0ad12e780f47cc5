/// A token's name compared byte by byte; `String` would equate canonically equivalent ones.
struct Spelling: Hashable, Sendable {
    private let text: String

    init(_ text: String) { self.text = text }

    static func == (one: Spelling, other: Spelling) -> Bool {
        one.text.utf8.elementsEqual(other.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
