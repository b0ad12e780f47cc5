import Foundation

/// One sync on its way: the plan, then the sending of it.
struct SyncTransfer {
    let source: any Remote
    let destination: any Remote
    let settings: Synchronizer
    private var summary = SyncSummary()
    private var progress = SyncProgress(
        bytesSent: 0, bytesTotal: 0, objectsSent: 0, objectsTotal: 0, secondsElapsed: 0)
    private let start = ContinuousClock.now

    /// A checkpoint to bring over; without a manifest it is there already and only needs admission.
    private struct Step {
        let checkpoint: CheckpointID
        var manifest: Data?
        var objects: [ObjectReference] = []
    }

    init(source: any Remote, destination: any Remote, settings: Synchronizer) {
        self.source = source
        self.destination = destination
        self.settings = settings
        summary.isDryRun = settings.isDryRun
    }

    mutating func run() async throws -> SyncSummary {
        async let offeredHeads = source.heads()
        async let knownHeads = destination.heads()
        let known = Dictionary(
            try await knownHeads.map { ($0.host, $0) }, uniquingKeysWith: { first, _ in first })
        let offered = try await offeredHeads
        guard offered.count <= HeadStore.maximumHosts else {
            throw CheckpointError.tooLarge(
                "\(offered.count) heads from \(source.name)", limit: HeadStore.maximumHosts)
        }
        let news = offered.filter { !$0.saysTheSame(as: known[$0.host]) }
        summary.heads = known.values.sorted { $0.host < $1.host }
        if news.isEmpty { return summary }

        var plans: [(head: SignedHead, steps: [Step])] = []
        var planned: Set<CheckpointID> = []
        for head in news {
            try await refusing(head) { transfer in
                guard try transfer.isNews(head, known: known[head.host]) else { return }
                let steps = try await transfer.plan(head.checkpoint, besides: planned)
                planned.formUnion(steps.map(\.checkpoint))
                plans.append((head, steps))
            }
        }
        if plans.isEmpty { return summary }
        announce(plans.flatMap(\.steps))
        for (head, steps) in plans { try await deliver(head, steps) }
        if !settings.isDryRun { summary.heads = try await destination.heads() }
        return summary
    }

    /// Whether a head is newer than the known one; a forged one is not worth a byte.
    ///
    /// An older one is no fault: the receiver is ahead of the sender, as after every promotion.
    private func isNews(_ head: SignedHead, known: SignedHead?) throws -> Bool {
        try head.verify()
        guard let known else { return true }
        guard head.counter != known.counter else {
            throw CheckpointError.headConflict(head.host, counter: head.counter)
        }
        return head.counter > known.counter
    }

    /// What to send for a head, ancestors first.
    private mutating func plan(_ head: CheckpointID, besides planned: Set<CheckpointID>)
        async throws -> [Step]
    {
        var steps: [Step] = []
        var seen = planned
        var frontier = planned.contains(head) ? [] : [head]
        while !frontier.isEmpty, seen.count < Synchronizer.maximumCheckpoints {
            seen.formUnion(frontier)
            let missing = Set(try await destination.missing(of: frontier))
            var parents: [CheckpointID] = []
            for checkpoint in frontier {
                guard missing.contains(checkpoint) else {
                    steps.append(Step(checkpoint: checkpoint))
                    continue
                }
                let optional = checkpoint != head
                guard let (step, manifest) = try await step(checkpoint, optional: optional) else {
                    continue
                }
                steps.append(step)
                if settings.includesAncestors { parents += manifest.parents }
            }
            frontier = Set(parents).subtracting(seen).sorted()
        }
        return steps.reversed()
    }

    /// Reads a checkpoint's manifest at the source and asks the receiver about it.
    ///
    /// - Returns: nil for an ancestor that the source does not have or the receiver would not take.
    private mutating func step(_ checkpoint: CheckpointID, optional: Bool) async throws
        -> (Step, Manifest)?
    {
        do {
            let bytes = try await source.data(
                of: checkpoint, maximumSize: Manifest.maximumSize)
            let manifest = try Manifest(canonical: bytes)
            try await destination.inspect(manifest: bytes)
            var references: [ObjectID: ObjectReference] = [:]
            for reference in manifest.objects.values { references[reference.id] = reference }
            let missing = try await destination.missing(of: references.keys.sorted())
            summary.objectsPresent += references.count - missing.count
            let objects = missing.compactMap { references[$0] }
            return (Step(checkpoint: checkpoint, manifest: bytes, objects: objects), manifest)
        } catch let error as CheckpointError where optional && error.isRefusal {
            return nil
        }
    }

    private mutating func announce(_ steps: [Step]) {
        let sent = steps.filter { $0.manifest != nil }
        progress.objectsTotal = sent.reduce(0) { $0 + $1.objects.count + 1 }
        progress.bytesTotal = sent.reduce(0) { sum, step in
            sum + step.objects.reduce(step.manifest?.count ?? 0) { $0 + $1.size }
        }
        settings.report(
            .planned(
                checkpoints: sent.count, objects: progress.objectsTotal,
                bytes: progress.bytesTotal))
    }

    private mutating func deliver(_ head: SignedHead, _ steps: [Step]) async throws {
        if settings.isDryRun {
            let sent = steps.filter { $0.manifest != nil }
            summary.checkpointsSent += sent.map(\.checkpoint)
            summary.objectsSent = progress.objectsTotal
            summary.bytesSent = progress.bytesTotal
            summary.headsSent.append(head)
            return
        }
        try await refusing(head) { transfer in
            for step in steps { try await transfer.deliver(step) }
            try await transfer.destination.putHead(head)
            transfer.summary.headsSent.append(head)
            transfer.settings.report(.headSent(head))
        }
    }

    /// Objects before the manifest, the manifest before admission.
    private mutating func deliver(_ step: Step) async throws {
        if let manifest = step.manifest {
            for object in step.objects {
                try await send(
                    object.id, size: object.size, body: source.get(object.id, from: 0))
            }
            try await send(step.checkpoint, size: manifest.count, body: ObjectBody(manifest))
        }
        try await destination.admit(step.checkpoint, source: source.name)
        guard step.manifest != nil else { return }
        summary.checkpointsSent.append(step.checkpoint)
        settings.report(.checkpointSent(step.checkpoint))
    }

    private mutating func send(_ id: ObjectID, size: Int, body: ObjectBody) async throws {
        try Task.checkCancellation()
        let (before, settings, start) = (progress, settings, start)
        let counted = body.counting { sent in
            var now = before
            now.bytesSent += sent
            now.secondsElapsed = (ContinuousClock.now - start) / .seconds(1)
            settings.report(.progress(now))
        }
        try await destination.put(id, size: size, body: counted)
        progress.bytesSent += size
        progress.objectsSent += 1
        progress.secondsElapsed = (ContinuousClock.now - start) / .seconds(1)
        summary.bytesSent += size
        summary.objectsSent += 1
        settings.report(.progress(progress))
    }

    /// Runs the work for one head; what is wrong with the head or its checkpoints ends this head
    /// only.
    private mutating func refusing(
        _ head: SignedHead, _ work: (inout SyncTransfer) async throws -> Void
    ) async throws {
        do {
            try await work(&self)
        } catch let error as CheckpointError where error.isRefusal {
            let refusal = SyncRefusal(
                host: head.host, checkpoint: head.checkpoint, kind: error.kind,
                reason: error.description)
            summary.refusals.append(refusal)
            settings.report(.refused(refusal))
        }
    }
}
