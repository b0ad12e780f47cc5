import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import NIOCore

extension RouteTable {
    /// `/v1/checkpoints…`
    mutating func serveCheckpoints(_ daemon: Daemon) {
        let library = daemon.checkpoints
        let store = daemon.store
        serve(ControlRoutes.listCheckpoints) { call in
            let query = try await call.input()
            let limit = try query.limit.pageSize
            let all = try await store.perform { _ in try library.reports() }
            let rest =
                query.after.map { after in all.drop { $0.id != after }.dropFirst() } ?? all[...]
            let page = rest.prefix(limit)
            return try .value(
                Page(items: Array(page), next: page.count < rest.count ? page.last?.id : nil))
        }
        serve(ControlRoutes.showCheckpoint) { call in
            let id = try await store.perform { _ in try library.id(call.parameter) }
            return try await .value(store.perform { _ in try library.report(id) })
        }
        serve(ControlRoutes.verifyCheckpoint) { call in
            let base = try? await daemon.models.base()
            return try await .value(
                store.perform { _ in
                    try library.verify(library.id(call.parameter), base: base)
                })
        }
        serve(ControlRoutes.promoteCheckpoint) { call in
            let force = try await call.input().force ?? false
            let id = try await store.perform { _ in try library.id(call.parameter) }
            let lines = try await daemon.promoter.promote(id, force: force)
            return .stream(lines, to: call.request)
        }
        serve(ControlRoutes.rollbackCheckpoint) { _ in
            try await .value(daemon.promoter.rollback())
        }
        serve(ControlRoutes.mergeCheckpoints) { call in
            let input = try await call.input()
            return try await .value(store.perform { _ in try library.merge(input) })
        }
        serve(ControlRoutes.collectCheckpoints) { call in
            let order = try await call.input()
            return try await .value(store.perform { _ in try library.collect(order) })
        }
        serve(ControlRoutes.pinCheckpoint) { call in
            let pinning = try await call.input()
            return try await .value(
                store.perform { store in
                    let id = try library.id(call.parameter)
                    try store.pin(id.hex, pinning.pinned)
                    return try library.report(id)
                })
        }
        serve(ControlRoutes.inspectCheckpoint) { call in
            let bytes = try await call.body.collect(upTo: Manifest.maximumSize)
            let base = try await daemon.models.base()
            try library.repository.inspect(manifest: Data(bytes.readableBytesView), base: base)
            return .done
        }
        serve(ControlRoutes.receiveCheckpoint) { call in
            let source = try await call.input().source
            guard (1...200).contains(source.count),
                source.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
            else {
                throw ControlError(
                    .invalidRequest,
                    "cannot take a checkpoint from there: a source's name has 1 to 200 characters, none of"
                        + " them a control character")
            }
            guard ![StoredCheckpoint.roundOrigin, StoredCheckpoint.mergeOrigin].contains(source)
            else {
                throw ControlError(
                    .invalidRequest,
                    "cannot take a checkpoint from \"\(source)\": that stands for what was made here"
                )
            }
            let id = try ObjectID(validating: call.parameter)
            let base = try await daemon.models.base()
            let report = try await store.perform { store in
                try library.repository.admit(id, base: base)
                try store.register(checkpoint: id.hex, origin: source)
                return try library.report(id)
            }
            daemon.events.publish(
                Event(
                    kind: .checkpointReceived, at: Date(),
                    message: "A checkpoint was received from \(source)", subject: id.hex))
            return try .value(report)
        }
    }
}

extension CheckpointLibrary {
    /// Merges two checkpoints and puts the result on record.
    fileprivate func merge(_ input: Merge) throws -> MergeReport {
        guard input.checkpoints.count == 2 else {
            throw ControlError(
                .invalidRequest, "cannot merge \(input.checkpoints.count) checkpoints: give two")
        }
        let ids = try input.checkpoints.map { name in
            guard let id = try resolve(name) else {
                throw ControlError(
                    .invalidRequest,
                    "cannot merge the base model: it has learned nothing; give two checkpoints")
            }
            return id
        }
        for id in ids { try requireTrusted(id) }
        let merge = try repository.merge(
            ids[0], ids[1], by: input.rule ?? .mean, host: key.id)
        try store.register(checkpoint: merge.checkpoint.hex, origin: StoredCheckpoint.mergeOrigin)
        return MergeReport(
            checkpoint: try report(merge.checkpoint),
            parts: merge.parts.map {
                .init(checkpoint: $0.checkpoint.hex, evidence: $0.evidence, weight: $0.weight)
            }, retainedEnergy: merge.retainedEnergy)
    }

    /// Reads everything of a checkpoint again and says what is wrong, if anything is.
    fileprivate func verify(_ id: CheckpointID, base: BaseModel?) throws -> VerificationReport {
        try requirePresent(id)
        var checks = repository.examine(id).map { part, fault in
            Check(
                name: part, state: fault == nil ? .ok : .failed,
                found: fault.map { "\($0)" } ?? "every byte hashes to its name",
                advice: fault == nil
                    ? nil : "`attunectl sync` with a peer that has it brings it again")
        }
        if let base, let manifest = try? repository.manifest(of: id) {
            let fits = manifest.base.fingerprint == base.fingerprint
            checks.append(
                Check(
                    name: "base", state: fits ? .ok : .warning, found: manifest.base.name,
                    advice: fits ? nil : "it belongs to another model than the one in use"))
        }
        return VerificationReport(subject: id.hex, checks: checks)
    }
}
