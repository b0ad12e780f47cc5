import CheckpointStore
package import ControlAPI
import FeedbackStore
import Foundation

/// Looks through everything that the state directory holds.
///
/// What is damaged is set aside and named; bringing it back is a sync's work.
package struct Fsck: Sendable {
    package typealias Line = StreamLine<VerificationReport>

    let checkpoints: CheckpointLibrary
    let models: ModelLibrary

    package init(checkpoints: CheckpointLibrary, models: ModelLibrary) {
        self.checkpoints = checkpoints
        self.models = models
    }

    /// - Parameter readData: read and hash every byte; otherwise presence and sizes must do.
    package func run(readData: Bool) -> AsyncStream<Line> {
        RunningWork.lines { flag, send in
            let checkpoints = checkpoints
            var checks = try await checkpoints.store.perform { store in
                try [Doctor.database(store)]
                    + Self.checkpoints(checkpoints, readData: readData) { done, total in
                        if flag.isCancelled { throw CancellationError() }
                        send(.progress(WorkProgress(phase: "checking", done: done, total: total)))
                    } + [
                        Self.head(checkpoints), Self.keys(checkpoints.repository.heads.keys),
                        Self.objects(checkpoints),
                        Self.quarantine(checkpoints.repository),
                    ]
            }
            if readData, let model = try await models.active() {
                send(.progress(WorkProgress(phase: "reading the model", done: 0)))
                checks += try await models.verify(model.name).checks.map { check in
                    var check = check
                    check.name = "model \(check.name)"
                    return check
                }
            }
            send(.value(VerificationReport(subject: "state", checks: checks)))
        }
    }

    /// A check for each checkpoint that is not sound, and one for the others together.
    private static func checkpoints(
        _ library: CheckpointLibrary, readData: Bool, report: (Int, Int) throws -> Void
    ) throws -> [Check] {
        let present = try library.store.checkpoints()
        var faults: [Check] = []
        for (index, checkpoint) in present.enumerated() {
            try report(index, present.count)
            do {
                let id = try ObjectID(validating: checkpoint.id)
                if checkpoint.collectedAt != nil {
                    _ = try library.repository.manifest(of: id)
                } else if readData {
                    try library.repository.verify(id)
                } else {
                    try library.repository.requireWhole(library.repository.manifest(of: id))
                }
            } catch {
                faults.append(
                    Check(
                        name: "checkpoint \(checkpoint.id.prefix(12))", state: .failed,
                        found: "\(error)",
                        advice: "`attunectl sync` with a peer that has it brings it again"))
            }
        }
        let how = readData ? "every byte hashes to its name" : "whole by their sizes"
        return faults + [
            Check(
                name: "checkpoints", state: .ok,
                found: "\(present.count - faults.count) of \(present.count) are \(how)")
        ]
    }

    /// Whether what peers are told is in use is in use; told again if it is not.
    private static func head(_ library: CheckpointLibrary) throws -> Check {
        let inUse = try library.store.head()
        let told = try library.repository.heads.head(of: library.key.id)?.checkpoint.hex
        guard let inUse, inUse != told else {
            return Check(
                name: "head", state: .ok,
                found: inUse == nil ? "the bare base model" : "signed for peers")
        }
        do {
            try library.publishUnpublishedHead()
            return Check(
                name: "head", state: .warning, found: "peers were told of another one; signed anew")
        } catch {
            return Check(
                name: "head", state: .failed, found: "it cannot be signed for peers: \(error)",
                advice: "`attunectl sync` brings what it lacks")
        }
    }

    /// Whether what hosts have said of their keys can be read: a revocation must not get lost.
    private static func keys(_ keys: KeyRecordStore) throws -> Check {
        let damaged = try keys.damaged()
        guard let first = damaged.first else {
            let count = try keys.all().records.count
            return Check(
                name: "keys", state: .ok,
                found: count == 0
                    ? "no key was changed or revoked"
                    : "\(count) record\(count == 1 ? "" : "s") of keys that were changed or revoked"
            )
        }
        return Check(
            name: "keys", state: .failed,
            found:
                "\(damaged.count) records of keys are damaged, the first \(first.name): \(first.fault)",
            advice: "`attunectl sync` with a peer that has them brings them again;"
                + " `attunectl key apply` takes one from a file")
    }

    private static func objects(_ library: CheckpointLibrary) throws -> Check {
        let known = try library.store.checkpoints()
        let kept = try known.filter { $0.collectedAt == nil }.map {
            try ObjectID(validating: $0.id)
        }
        let sound = Set(kept).subtracting(library.repository.objects.incomplete(among: kept))
        let all = try known.map { try ObjectID(validating: $0.id) }
        let size = ByteCountFormatStyle(style: .binary)
        let total = Int64(try library.repository.objects.totalSize()).formatted(size)
        guard sound.count == kept.count else {
            return Check(name: "objects", state: .ok, found: total)
        }
        let garbage = try library.repository.garbage(keeping: sound, of: all)
        let bytes = garbage.reduce(0) { $0 + Int64($1.size) }
        return Check(
            name: "objects", state: .ok,
            found: total
                + (garbage.isEmpty
                    ? ""
                    : ", of which no checkpoint names \(bytes.formatted(size));"
                        + " `attunectl checkpoint gc --apply` lets that go"))
    }

    private static func quarantine(_ repository: CheckpointRepository) throws -> Check {
        let size = try repository.quarantine.totalSize()
        let style = ByteCountFormatStyle(style: .binary)
        return Check(
            name: "quarantine", state: size > repository.quarantineCapacity / 2 ? .warning : .ok,
            found: "\(Int64(size).formatted(style)) of parts that peers left wait for the rest",
            advice: size > repository.quarantineCapacity / 2
                ? "what nobody comes back for goes after 30 days" : nil)
    }
}
