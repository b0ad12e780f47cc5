/// A person's (or a program's) answer to a label request; candidates are numbered from 0.
///
/// Wire forms, one key set each:
///
///     {"best":0,"worst":3}    {"scores":[0.1,0.9]}    {"edited":"…","candidate":1}    {"bothBad":true}
public enum LabelVerdict: Hashable, Sendable {
    case ranking(best: Int, worst: Int)
    /// One score a candidate, higher is better. Equal extremes make no pair.
    case scores([Double])
    /// The text the person would have liked, written from a candidate, which becomes the rejected side.
    case edited(String, candidate: Int)
    /// Every candidate is bad: answered, but nothing to prefer.
    case bothBad
}

extension LabelVerdict: Codable {
    private enum CodingKeys: String, CodingKey {
        case best, worst, scores, edited, candidate, bothBad
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if container.contains(.scores) {
            self = .scores(try container.decode([Double].self, forKey: .scores))
        } else if container.contains(.edited) {
            self = .edited(
                try container.decode(String.self, forKey: .edited),
                candidate: try container.decode(Int.self, forKey: .candidate))
        } else if try container.decodeIfPresent(Bool.self, forKey: .bothBad) == true {
            self = .bothBad
        } else {
            self = .ranking(
                best: try container.decode(Int.self, forKey: .best),
                worst: try container.decode(Int.self, forKey: .worst))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .ranking(let best, let worst):
            try container.encode(best, forKey: .best)
            try container.encode(worst, forKey: .worst)
        case .scores(let scores):
            try container.encode(scores, forKey: .scores)
        case .edited(let text, let candidate):
            try container.encode(text, forKey: .edited)
            try container.encode(candidate, forKey: .candidate)
        case .bothBad:
            try container.encode(true, forKey: .bothBad)
        }
    }
}
