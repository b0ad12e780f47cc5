/// What an item of training is made of: one value for each pair it has.
///
/// A window holds three kinds of item: a given pair nobody was asked about, a given pair with an
/// answered request beside it, and an answered request whose given pair has been retracted since.
public enum PairSides<Value> {
    case offline(Value)
    case both(offline: Value, online: Value)
    case online(Value)

    /// The pairs in the order `offline, online`, absent ones left out.
    public var values: [Value] {
        switch self {
        case .offline(let value), .online(let value): [value]
        case .both(let offline, let online): [offline, online]
        }
    }

    /// The online side, if there is one.
    public var online: Value? {
        switch self {
        case .offline: nil
        case .both(_, let value), .online(let value): value
        }
    }

    /// Transforms each side, keeping the kind.
    public func map<Result>(_ transform: (Value) throws -> Result) rethrows -> PairSides<Result> {
        switch self {
        case .offline(let value): .offline(try transform(value))
        case .both(let offline, let online):
            .both(offline: try transform(offline), online: try transform(online))
        case .online(let value): .online(try transform(value))
        }
    }
}

extension PairSides: Equatable where Value: Equatable {}
extension PairSides: Hashable where Value: Hashable {}
extension PairSides: Sendable where Value: Sendable {}
extension PairSides: Codable where Value: Codable {}

/// One item of a round's window.
public typealias TrainingItem = PairSides<PairExample>
