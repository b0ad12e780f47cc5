import Foundation

/// Brings one side's heads, with the checkpoints behind them, to the other side.
///
/// Pull and push are the same with sides exchanged. When nothing has changed only the two
/// inventories cross the wire. Records about keys come first, so that a head whose key was changed or
/// revoked is not sent. What the receiver has lost comes first. Checkpoints go oldest first, each as objects, then manifest, then
/// admission at the receiver; heads go last. Cut anywhere, what arrived is kept and not sent again,
/// but for a chunk.
/// Heads of different hosts stand side by side; none replaces another and nothing is activated.
public struct Synchronizer: Sendable {
    /// Finds out what would be sent, and sends nothing.
    public var isDryRun = false
    /// Brings the ancestors of a head as far as the sender has them, too.
    public var includesAncestors = true
    /// The most bytes of objects sent in a second; nil for as many as go.
    public var bytesPerSecond: Int?
    public var report: @Sendable (SyncEvent) -> Void

    /// Checkpoints considered for one head at most; older ancestors beyond are left behind.
    public static let maximumCheckpoints = 10_000

    public init(report: @escaping @Sendable (SyncEvent) -> Void = { _ in }) {
        self.report = report
    }

    /// Syncs once.
    ///
    /// - Parameters:
    ///   - offered: what the source has, if the caller has asked already.
    ///   - held: what the destination has, likewise.
    /// - Errors: only what ends the whole sync, such as a full disk or a lost connection. A head or
    ///   checkpoint that is at fault is left out, listed in ``SyncSummary/refusals``.
    public func sync(
        from source: any Remote, offering offered: Inventory? = nil, to destination: any Remote,
        holding held: Inventory? = nil
    ) async throws -> SyncSummary {
        var transfer = SyncTransfer(source: source, destination: destination, settings: self)
        async let theirs = inventory(of: source, offered)
        async let ours = inventory(of: destination, held)
        return try await transfer.run(offering: theirs, held: ours)
    }

    private func inventory(of remote: any Remote, _ known: Inventory?) async throws -> Inventory {
        if let known { return known }
        return try await remote.inventory()
    }
}
