public import FeedbackFormats

/// What became of one item of a batch.
public enum AddOutcome: Hashable, Sendable {
    case added(id: String)
    /// The same fact is there already; nothing was stored.
    case duplicate(of: String)
    /// The same fact was retracted and stays so; nothing was stored.
    case retracted(id: String)
    /// The text of the same fact was erased, here or on another host; nothing was stored.
    case erased(id: String)
    case refused(FeedbackRefusal)

    /// The id of the stored fact, unless it was refused.
    public var id: String? {
        switch self {
        case .added(let id), .duplicate(let id), .retracted(let id), .erased(let id): id
        case .refused: nil
        }
    }

    /// The id, if a row with the fact's text is here.
    var knownID: String? {
        if case .erased = self { nil } else { id }
    }
}
