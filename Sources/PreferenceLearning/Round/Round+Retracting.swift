/// Where the round lets go of feedback that is taken back while it runs.
///
/// A retracted pair enters no further batch: its place stays empty, so that every other pair keeps
/// its own, and an online pair beside it trains alone, as after any retraction. What a batch has
/// learnt from it already stays, as in a checkpoint of an earlier round. The state remembers what
/// was left out; a run that goes on from an older boundary leaves out at least as much.
extension Round {
    /// Leaves out those of the pairs still to come that have been retracted.
    func dropRetracted(in environment: any RoundEnvironment) throws {
        let gone = try environment.retracted(among: pairsToCome)
        guard !gone.isEmpty else { return }
        state.record.retracted = (state.record.retracted + gone).sorted()
        dropAsks()
        environment.report(.retracted(gone))
    }

    func isRetracted(_ pair: String) -> Bool { state.record.retracted.contains(pair) }

    /// What is left of an item; nil for nothing.
    func remainder(of sides: PairSides<TokenizedPair>) -> PairSides<TokenizedPair>? {
        switch sides {
        case .offline(let pair) where isRetracted(pair.id): nil
        case .both(let offline, let online) where isRetracted(offline.id): .online(online)
        default: sides
        }
    }

    /// Given pairs that no batch has trained on yet, those left out excepted.
    private var pairsToCome: [String] {
        guard state.phase != .evaluating, state.phase != .finished else { return [] }
        let next = walk.batch(state.record.batch, ofChunk: state.record.chunk).lowerBound
        return walk.items[next...].compactMap(\.offlineID).filter { !isRetracted($0) }
    }

    /// Asks nobody about what was left out.
    private func dropAsks() {
        func stays(_ ask: RoundState.Ask) -> Bool {
            walk.items[ask.item].offlineID.map { !isRetracted($0) } ?? true
        }
        var record = state.record
        record.asks = Array(
            record.asks.prefix(record.sampled)
                + record.asks.dropFirst(record.sampled).filter(stays))
        record.requests = Array(
            record.requests.prefix(record.asked)
                + record.requests.dropFirst(record.asked).filter { !isRetracted($0.pair.id) })
        state.record = record
        switch state.phase {
        case .asking where record.asked == record.requests.count: finishAsking()
        case .sampling: state.record.phase = phaseAfterRequests
        default: break
        }
    }
}

extension RoundWalk.Item {
    /// The given pair's id, if it has one.
    fileprivate var offlineID: String? {
        switch example {
        case .offline(let pair), .both(let pair, _): pair.id
        case .online: nil
        }
    }
}
