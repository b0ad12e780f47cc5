/// The rest of an object, as the header `Content-Range` says it: `bytes 1048576-2097151/2097152`.
///
/// - Source: RFC 9110, sections 14.4 and 14.5. A rest of no bytes, which that cannot express, is
///   written `bytes */2097152`.
public struct ContentRange: Hashable, Sendable, LosslessStringConvertible {
    /// The first byte that is sent; all behind it are.
    public let offset: Int
    /// Of the whole object.
    public let size: Int

    public init(offset: Int, size: Int) {
        self.offset = offset
        self.size = size
    }

    /// Returns nil for anything but the rest of an object.
    public init?(_ description: String) {
        let unit = "bytes "
        let parts = description.dropFirst(unit.count).split(
            separator: "/", omittingEmptySubsequences: false)
        guard description.hasPrefix(unit), parts.count == 2, let size = Int(parts[1]), size >= 0
        else { return nil }
        self.size = size
        if parts[0] == "*" {
            offset = size
            return
        }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int(ends[0]), let last = Int(ends[1]),
            (0..<size).contains(first), last == size - 1
        else { return nil }
        offset = first
    }

    public var description: String {
        offset == size ? "bytes */\(size)" : "bytes \(offset)-\(size - 1)/\(size)"
    }
}
