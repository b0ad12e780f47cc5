import LanguageModel

/// The order in which a round meets its items: chunks of batches, fixed by the plan alone.
struct RoundWalk {
    struct Item {
        let example: TrainingItem
        let tokens: PairSides<TokenizedPair>
    }

    let items: [Item]
    /// Ids of pairs left out for their length.
    let skipped: [String]
    private let chunkSize: Int
    private let batchSize: Int

    /// - Parameter tokenLimit: longest prompt with its longest response.
    init(plan: RoundPlan, template: ChatTemplate, tokenLimit: Int) {
        var skipped: [String] = []
        func tokenized(_ pair: PairExample) -> TokenizedPair? {
            let tokens = TokenizedPair(pair, template: template)
            guard tokens.length <= tokenLimit else {
                skipped.append(pair.id)
                return nil
            }
            return tokens
        }
        var items: [Item] = []
        for example in Self.merged(plan) {
            // A pair with one side too long goes on as what is left of it.
            switch example.map({ pair in tokenized(pair).map { (pair, $0) } }) {
            case .both(let offline?, let online?):
                items.append(
                    Item(
                        example: .both(offline: offline.0, online: online.0),
                        tokens: .both(offline: offline.1, online: online.1)))
            case .offline(let offline?), .both(let offline?, nil):
                items.append(Item(example: .offline(offline.0), tokens: .offline(offline.1)))
            case .online(let online?), .both(nil, let online?):
                items.append(Item(example: .online(online.0), tokens: .online(online.1)))
            default: break
            }
        }
        var generator = SeededGenerator(seed: plan.seed, stream: StableHash.of("walk"))
        generator.shuffle(&items)
        self.items = items
        self.skipped = skipped
        chunkSize = plan.configuration.chunkSize
        batchSize = plan.configuration.batchSize
    }

    /// Puts each answer beside its offline pair; every pair occurs once.
    private static func merged(_ plan: RoundPlan) -> [TrainingItem] {
        var items: [TrainingItem] = []
        var places: [String: Int] = [:]
        for pair in plan.window where places[pair.id] == nil {
            places[pair.id] = items.count
            items.append(.offline(pair))
        }
        for answer in plan.answers where places[answer.pair.id] == nil {
            if let offline = answer.offline, offline.prompt == answer.pair.prompt {
                let item = TrainingItem.both(offline: offline, online: answer.pair)
                if let place = places[offline.id] {
                    // A second answer about the same pair trains alone.
                    guard case .offline = items[place] else {
                        places[answer.pair.id] = items.count
                        items.append(.online(answer.pair))
                        continue
                    }
                    items[place] = item
                    places[answer.pair.id] = place
                } else {
                    places[offline.id] = items.count
                    places[answer.pair.id] = items.count
                    items.append(item)
                }
            } else {
                places[answer.pair.id] = items.count
                items.append(.online(answer.pair))
            }
        }
        return items
    }

    var chunkCount: Int { (items.count + chunkSize - 1) / chunkSize }

    /// Indices of a chunk's items.
    func chunk(_ chunk: Int) -> Range<Int> {
        chunk * chunkSize..<min((chunk + 1) * chunkSize, items.count)
    }

    func batchCount(ofChunk chunk: Int) -> Int {
        (self.chunk(chunk).count + batchSize - 1) / batchSize
    }

    var batchCount: Int { (0..<chunkCount).reduce(0) { $0 + batchCount(ofChunk: $1) } }

    /// Indices of a batch's items; the last batch of the round may be short.
    func batch(_ batch: Int, ofChunk chunk: Int) -> Range<Int> {
        let range = self.chunk(chunk)
        let start = range.lowerBound + batch * batchSize
        return start..<min(start + batchSize, range.upperBound)
    }
}
