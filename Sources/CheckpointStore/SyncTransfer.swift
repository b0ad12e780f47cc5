import Foundation

/// One sync on its way: the plan, then the sending of it.
struct SyncTransfer {
    let source: any Remote
    let destination: any Remote
    let settings: Synchronizer
    private var summary = SyncSummary()
    private let sender: ObjectSender
    /// Of which the source has no more than the manifest.
    private var ungiven: Set<CheckpointID> = []
    /// What the receiver does not want as a mere ancestor.
    private var unwanted: Set<CheckpointID> = []

    /// A checkpoint to bring over: what of it is missing there. It is there already and only needs
    /// admission if that is nothing.
    private struct Step {
        let checkpoint: CheckpointID
        var manifest: Data?
        var objects: [ObjectReference] = []

        var sendsSomething: Bool { manifest != nil || !objects.isEmpty }
        var objectCount: Int { objects.count + (manifest == nil ? 0 : 1) }
        var size: Int { objects.reduce(manifest?.count ?? 0) { $0 + $1.size } }
    }

    /// The steps to a head, or to a checkpoint that the receiver has lost a part of.
    private struct Plan {
        let checkpoint: CheckpointID
        var head: SignedHead?
        var steps: [Step] = []
    }

    init(source: any Remote, destination: any Remote, settings: Synchronizer) {
        self.source = source
        self.destination = destination
        self.settings = settings
        sender = ObjectSender(
            source: source, destination: destination, meter: SyncMeter(settings))
        summary.isDryRun = settings.isDryRun
    }

    mutating func run(offering: Inventory, held: Inventory) async throws -> SyncSummary {
        let keys = try await bringKeyRecords(offering.keyRecords ?? [], besides: held.keyRecords)
        let offered = offering.heads
        let known = Dictionary(
            held.heads.filter { keys.standing(of: $0.host) == .valid }.map { ($0.host, $0) },
            uniquingKeysWith: { first, _ in first })
        ungiven = Set(offering.collected)
        unwanted = Set(held.collected)
        guard offered.count <= HeadStore.maximumInventory else {
            throw CheckpointError.tooLarge(
                "\(offered.count) heads from \(source.name)", limit: HeadStore.maximumInventory)
        }
        let news = offered.filter {
            !$0.saysTheSame(as: known[$0.host]) && keys.standing(of: $0.host) == .valid
        }
        summary.heads = known.values.sorted { $0.host < $1.host }
        let wanted =
            try await recoverable(held.incomplete).map { Plan(checkpoint: $0) }
            + news.map { Plan(checkpoint: $0.checkpoint, head: $0) }

        var plans: [Plan] = []
        var planned: Set<CheckpointID> = []
        for var plan in wanted {
            try await refusing(plan.head?.host, plan.checkpoint) { transfer in
                if let head = plan.head {
                    guard try transfer.isNews(head, known: known[head.host]) else { return }
                }
                plan.steps = try await transfer.steps(to: plan.checkpoint, besides: planned)
                planned.formUnion(plan.steps.map(\.checkpoint))
                plans.append(plan)
            }
        }
        if plans.isEmpty { return summary }
        announce(plans.flatMap(\.steps))
        for plan in plans { try await deliver(plan) }
        let sent = sender.meter.progress
        if settings.isDryRun {
            (summary.objectsSent, summary.bytesSent) = (sent.objectsTotal, sent.bytesTotal)
        } else {
            (summary.objectsSent, summary.bytesSent) = (sent.objectsSent, sent.bytesSent)
            summary.heads = try await destination.inventory().heads
        }
        return summary
    }

    /// Hands over what the receiver does not know of hosts' keys.
    ///
    /// - Parameter held: what it knows; nil if it is too old to keep such records.
    /// - Returns: what both sides together know.
    private mutating func bringKeyRecords(
        _ offered: [KeyRecord], besides held: [KeyRecord]?
    ) async throws -> KeyRecordSet {
        guard offered.count <= KeyRecordStore.maximumInventory else {
            throw CheckpointError.tooLarge(
                "\(offered.count) key records from \(source.name)",
                limit: KeyRecordStore.maximumInventory)
        }
        let known = KeyRecordSet((held ?? []).filter { (try? $0.verify()) != nil })
        var all = known
        for record in offered where !known.covers(record) {
            try await refusing(record.host, nil) { transfer in
                try record.verify()
                all.insert(record)
                guard held != nil else { return }
                if !transfer.settings.isDryRun {
                    try await transfer.destination.putKeyRecord(record)
                }
                transfer.summary.keyRecordsSent.append(record)
                transfer.settings.report(.keyRecordSent(record))
            }
        }
        return all
    }

    /// What the receiver has lost and the source can give.
    private func recoverable(_ lost: [CheckpointID]) async throws -> [CheckpointID] {
        if lost.isEmpty { return [] }
        let missing = Set(try await source.missing(of: lost)).union(ungiven)
        return lost.filter { !missing.contains($0) }
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

    /// What to send for a checkpoint, ancestors first; those behind a whole one are there as well.
    private mutating func steps(
        to checkpoint: CheckpointID, besides planned: Set<CheckpointID>
    ) async throws -> [Step] {
        var steps: [Step] = []
        var seen = planned
        var frontier = planned.contains(checkpoint) ? [] : [checkpoint]
        while !frontier.isEmpty, seen.count < Synchronizer.maximumCheckpoints {
            seen.formUnion(frontier)
            let missing = Set(try await destination.missing(of: frontier))
            var parents: [CheckpointID] = []
            for id in frontier {
                if id != checkpoint, ungiven.contains(id) {
                    // What it comes from may be there, for a merge to start from.
                    if missing.contains(id) {
                        parents += (try? await source.manifest(of: id).parents) ?? []
                    }
                    continue
                }
                let found = try await step(
                    id, isThere: !missing.contains(id), optional: id != checkpoint)
                guard let (step, its) = found else { continue }
                steps.append(step)
                if settings.includesAncestors, step.sendsSomething { parents += its }
            }
            frontier = Set(parents).subtracting(seen).subtracting(unwanted).sorted()
        }
        return steps.reversed()
    }

    /// Reads a checkpoint's manifest at the source and asks the receiver about it and its parts.
    ///
    /// That the receiver has the manifest proves nothing: a part may be lost, and the manifest may
    /// have come in as a mere part of another checkpoint.
    ///
    /// - Returns: what to send, and the parents; nil for an ancestor that the source does not have
    ///   or the receiver would not take.
    private mutating func step(_ checkpoint: CheckpointID, isThere: Bool, optional: Bool)
        async throws -> (Step, [CheckpointID])?
    {
        do {
            let bytes = try await source.data(
                of: checkpoint, maximumSize: Manifest.maximumSize)
            let manifest = try Manifest(canonical: bytes)
            var references: [ObjectID: ObjectReference] = [:]
            for reference in manifest.objects.values { references[reference.id] = reference }
            let missing = try await destination.missing(of: references.keys.sorted())
            let step = Step(
                checkpoint: checkpoint, manifest: isThere ? nil : bytes,
                objects: missing.compactMap { references[$0] })
            if optional, !missing.isEmpty, try await !source.missing(of: missing).isEmpty {
                return nil
            }
            if step.sendsSomething {
                try await destination.inspect(manifest: bytes)
                summary.objectsPresent += references.count - missing.count
            }
            return (step, manifest.parents)
        } catch CheckpointError.objectMissing where isThere {
            return (Step(checkpoint: checkpoint), [])
        } catch let error as CheckpointError where optional && error.isRefusal {
            return nil
        }
    }

    private func announce(_ steps: [Step]) {
        let objects = steps.reduce(0) { $0 + $1.objectCount }
        let bytes = steps.reduce(0) { $0 + $1.size }
        sender.meter.plan(objects: objects, bytes: bytes)
        settings.report(
            .planned(
                checkpoints: steps.count(where: \.sendsSomething), objects: objects, bytes: bytes))
    }

    private mutating func deliver(_ plan: Plan) async throws {
        if settings.isDryRun {
            summary.checkpointsSent += plan.steps.filter(\.sendsSomething).map(\.checkpoint)
            if let head = plan.head { summary.headsSent.append(head) }
            return
        }
        try await refusing(plan.head?.host, plan.checkpoint) { transfer in
            for step in plan.steps { try await transfer.deliver(step) }
            guard let head = plan.head else { return }
            try await transfer.destination.putHead(head)
            transfer.summary.headsSent.append(head)
            transfer.settings.report(.headSent(head))
        }
    }

    /// Objects before the manifest, the manifest before admission.
    private mutating func deliver(_ step: Step) async throws {
        try await sender.send(step.objects)
        if let manifest = step.manifest {
            try await sender.send(
                step.checkpoint, size: manifest.count, from: 0, body: ObjectBody(manifest))
        }
        try await destination.admit(step.checkpoint, source: source.name)
        guard step.sendsSomething else { return }
        summary.checkpointsSent.append(step.checkpoint)
        settings.report(.checkpointSent(step.checkpoint))
    }

    /// Runs the work for one head, checkpoint or record; what is wrong with it ends this work only.
    private mutating func refusing(
        _ host: HostID?, _ checkpoint: CheckpointID?,
        _ work: (inout SyncTransfer) async throws -> Void
    ) async throws {
        do {
            try await work(&self)
        } catch let error as CheckpointError where error.isRefusal {
            let refusal = SyncRefusal(
                host: host, checkpoint: checkpoint, kind: error.kind,
                reason: error.description)
            summary.refusals.append(refusal)
            settings.report(.refused(refusal))
        }
    }
}
