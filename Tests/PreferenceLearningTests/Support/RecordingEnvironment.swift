import Foundation
import PreferenceLearning

/// A world for rounds that keeps everything it is told, in memory.
final class RecordingEnvironment: RoundEnvironment {
    typealias Kept = (json: Data, tensors: [String: [Float]])

    /// Answers requests; nil leaves them to a person.
    var annotator: (LabelRequest) throws -> LabelAnswer?
    /// Decides at each boundary which pairs have been retracted.
    var retraction: (String) -> Bool = { _ in false }
    /// Polls of `isCancelled` until it says yes; nil for never.
    var pollsLeft: Int?
    private(set) var polls = 0
    private(set) var requests: [LabelRequest] = []
    private(set) var events: [RoundEvent] = []
    private(set) var kept: [Kept] = []
    private(set) var logps: [String: PairLogps] = [:]
    private(set) var cacheHits = 0

    init(annotator: @escaping (LabelRequest) throws -> LabelAnswer? = { _ in nil }) {
        self.annotator = annotator
    }

    var isCancelled: Bool {
        polls += 1
        guard let left = pollsLeft else { return false }
        pollsLeft = max(0, left - 1)
        return left == 0
    }

    func retracted(among pairs: [String]) throws -> [String] { pairs.filter(retraction) }

    func annotate(_ request: LabelRequest) throws -> LabelAnswer? {
        requests.append(request)
        return try annotator(request)
    }

    func checkpoint(_ state: RoundState) throws { kept.append(try state.encoded()) }

    func report(_ event: RoundEvent) { events.append(event) }

    func cachedLogps(pair: String, checkpoint: String?) throws -> PairLogps? {
        let known = logps["\(pair) under \(checkpoint ?? "base")"]
        if known != nil { cacheHits += 1 }
        return known
    }

    func keep(_ logps: PairLogps, pair: String, checkpoint: String?) throws {
        self.logps["\(pair) under \(checkpoint ?? "base")"] = logps
    }

    /// The last state kept, read back from its encoding.
    func lastState() throws -> RoundState? {
        try kept.last.map { try RoundState(json: $0.json, tensors: $0.tensors) }
    }

    var batches: [BatchMetrics] {
        events.compactMap { if case .trained(let metrics, _) = $0 { metrics } else { nil } }
    }
}

extension LabelAnswer {
    /// A deterministic judge: the more of the letter "e", the better.
    static func byLetter(_ request: LabelRequest) -> LabelAnswer {
        .scores(request.candidates.map { text in Double(text.count { $0 == "e" || $0 == "a" }) })
    }
}
