package import CheckpointStore
import ControlAPI
package import FeedbackStore
import Foundation
package import LanguageModel
package import PreferenceLearning

/// The checkpoints of this host: their objects, the registry, the head.
///
/// Methods block on the disk; asynchronous code calls them through the store's `perform`.
package struct CheckpointLibrary: Sendable {
    package let repository: CheckpointRepository
    package let store: FeedbackStore
    package let identity: HostIdentity

    package init(repository: CheckpointRepository, store: FeedbackStore, identity: HostIdentity) {
        self.repository = repository
        self.store = store
        self.identity = identity
    }

    /// What a caller calls a checkpoint: an id or its unique beginning, `head`, or `base`.
    ///
    /// - Returns: nil for the bare base model.
    /// - Errors: ``ControlError`` of kind `not-found` or `invalid-request`.
    package func resolve(_ name: String?) throws -> CheckpointID? {
        switch name {
        case nil, "head": return try store.head().map(ObjectID.init(validating:))
        case "base": return nil
        case let name?: return try id(name)
        }
    }

    /// The one checkpoint whose id begins so.
    package func id(_ prefix: String) throws -> CheckpointID {
        let known = try store.checkpoints().map(\.id)
        let matches = known.contains(prefix) ? [prefix] : known.filter { $0.hasPrefix(prefix) }
        guard let match = matches.first else {
            throw ControlError(
                .notFound,
                "cannot find the checkpoint \(prefix): none on this host begins so;"
                    + " `attunectl checkpoint list` shows them")
        }
        guard prefix.count >= 4 else {
            throw ControlError(
                .invalidRequest,
                "cannot tell which checkpoint \(prefix) means: give at least 4 digits of the id")
        }
        guard matches.count == 1 else {
            throw ControlError(
                .invalidRequest,
                "cannot tell which checkpoint \(prefix) means: \(matches.count) begin so; give"
                    + " more of the id")
        }
        return try ObjectID(validating: match)
    }

    /// A checkpoint ready to compute with; nil gives the bare base model.
    ///
    /// - Errors: ``ControlError`` of kind `wrong-base` when it belongs to another model.
    package func frozen(_ id: CheckpointID?, on model: LoadedModel) throws -> FrozenModel {
        guard let id else { return .base }
        return FrozenModel(checkpoint: id.hex, adapter: try adapter(id, on: model))
    }

    package func adapter(_ id: CheckpointID, on model: LoadedModel) throws -> LoRAAdapter {
        try requirePresent(id)
        let adapter = try repository.adapter(of: id)
        guard adapter.base.fingerprint == model.base.fingerprint else {
            throw ControlError(
                .wrongBase,
                "cannot use checkpoint \(id.short): it belongs to the model \(adapter.base.name)"
                    + " and \(model.name) is in use; `attunectl model use` switches")
        }
        return try adapter.lora(for: model.transformer.configuration)
    }

    /// The meta-learner a checkpoint carries, if it carries one.
    package func learner(of id: CheckpointID) throws -> MetaLearnerTrainer? {
        guard let reference = try repository.manifest(of: id).objects["learner"] else {
            return nil
        }
        let data = try repository.objects.data(of: reference.id, maximumSize: reference.size)
        return try JSONDecoder().decode(MetaLearnerTrainer.self, from: data)
    }

    /// Makes a registered checkpoint the head, then tells peers so by a signed head; does neither if
    /// the head is no longer the one it was compared with, or another model is in use.
    ///
    /// - Returns: whether it is the head now.
    package func promote(
        _ id: CheckpointID, _ kind: StoredPromotion.Kind, gate: GateDecision?,
        ifHeadIs expected: String?
    ) throws -> Bool {
        let json = try gate.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        let base = try repository.manifest(of: id).base.fingerprint.hex
        guard try store.promote(id.hex, kind, gate: json, ifHeadIs: expected, on: base) else {
            return false
        }
        _ = try identity.sign { try repository.publishHead(id, key: $0) }
        // The promotion stands whatever becomes of a cache; the next one tries again.
        try? evictLogps()
        return true
    }

    /// Signs the head again if a crash came between the registry and the signature.
    package func publishUnpublishedHead() throws {
        try identity.sign(publishHead)
    }
}
