/// Finds tokens that stand whole in a text: at each place the longest, from left to right.
struct TokenTrie: Sendable {
    /// Edges by node and byte: `node << 8 | byte` leads to a node. The root is 0.
    private var edges: [Int: Int] = [:]
    private var tokens: [TokenID?] = [nil]

    var isEmpty: Bool { edges.isEmpty }

    mutating func insert(_ token: TokenID, bytes: some Sequence<UInt8>) {
        var node = 0
        for byte in bytes {
            let edge = node << 8 | Int(byte)
            if let next = edges[edge] {
                node = next
            } else {
                tokens.append(nil)
                edges[edge] = tokens.count - 1
                node = tokens.count - 1
            }
        }
        if node != 0 { tokens[node] = token }
    }

    /// The longest token that begins at `start`, and where it ends.
    func longestMatch(
        in bytes: UnsafeBufferPointer<UInt8>, at start: Int
    ) -> (token: TokenID, end: Int)? {
        var (node, end) = (0, start)
        var match: (TokenID, Int)?
        while end < bytes.count, let next = edges[node << 8 | Int(bytes[end])] {
            (node, end) = (next, end + 1)
            if let token = tokens[node] { match = (token, end) }
        }
        return match
    }
}
