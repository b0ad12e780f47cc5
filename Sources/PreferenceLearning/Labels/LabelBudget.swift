/// How much of a person's attention label requests may take.
public struct LabelBudget: Codable, Hashable, Sendable {
    /// Requests open at once.
    public var openLimit: Int
    /// Requests made in a day.
    public var dailyLimit: Int

    public init(openLimit: Int = 20, dailyLimit: Int = 20) {
        self.openLimit = openLimit
        self.dailyLimit = dailyLimit
    }

    /// The requests that may still be made.
    public func remaining(open: Int, askedToday: Int) -> Int {
        max(0, min(openLimit - open, dailyLimit - askedToday))
    }

    /// The requests a chunk may make when a round's budget is spread evenly over its items.
    ///
    /// Without spreading, the first chunk, where the policy still equals the reference and all
    /// weights are the same, would spend everything.
    ///
    /// - Parameters:
    ///   - walked: items of the round up to the end of the chunk.
    ///   - made: requests made before the chunk.
    /// - Postconditions: the last chunk may bring the total up to `budget`, none beyond it.
    public static func allowance(budget: Int, walked: Int, of items: Int, made: Int) -> Int {
        guard items > 0 else { return 0 }
        let (share, remainder) = (budget * walked).quotientAndRemainder(dividingBy: items)
        return max(0, share + (remainder > 0 ? 1 : 0) - made)
    }
}
