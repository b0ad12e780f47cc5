package import CheckpointStore
package import ControlAPI
package import FeedbackStore
import Foundation
import LanguageModel

/// The base models that are known, and the one in memory.
///
/// A model is read from disk at its first use and dropped when it has been idle for long. Its
/// fingerprint is computed once and again only when the file's size or time has changed.
package actor ModelLibrary {
    private let store: FeedbackStore
    private let events: EventStream<Event>
    private var loaded: LoadedModel?
    private var lastUse = ContinuousClock.now
    /// What the headers of model files say, by fingerprint.
    private var configurations: [String: ModelConfiguration] = [:]

    package init(store: FeedbackStore, events: EventStream<Event>) {
        self.store = store
        self.events = events
    }

    /// The model in use, read from disk if it is not in memory.
    ///
    /// - Errors: ``ControlError`` of kind `no-model`, or `integrity` when its file has changed.
    package func current() async throws -> LoadedModel {
        lastUse = .now
        let active = try await inUse()
        if let loaded, loaded.base.fingerprint.hex == active.sha256, loaded.name == active.name {
            return loaded
        }
        let model = try await store.perform { store in
            try Self.confirm(active, in: store)
            return try LoadedModel(
                name: active.name, path: active.path,
                fingerprint: ObjectID(validating: active.sha256))
        }
        loaded = model
        return model
    }

    /// What a checkpoint must fit, without the model in memory: a host that only syncs never needs it.
    package func base() async throws -> BaseModel {
        let active = try await inUse()
        try await store.perform { try Self.confirm(active, in: $0) }
        return BaseModel(
            try await configuration(of: active), name: active.name,
            fingerprint: try ObjectID(validating: active.sha256))
    }

    private func inUse() async throws -> StoredModel {
        guard let active = try await active() else {
            throw ControlError(
                .noModel,
                "cannot do this without a model; register one with `attunectl model add FILE` and"
                    + " `attunectl model use NAME`")
        }
        return active
    }

    private func configuration(of model: StoredModel) async throws -> ModelConfiguration {
        if let known = configurations[model.sha256] { return known }
        let found = try await store.perform { _ in
            try ModelConfiguration(file: GGUFFile(path: model.path))
        }
        configurations[model.sha256] = found
        return found
    }

    /// The model in use without reading it from disk.
    package func active() async throws -> StoredModel? {
        try await store.perform { try $0.activeModel() }
    }

    /// Whether a model is in memory.
    package var isLoaded: Bool { loaded != nil }

    /// Drops the model if nobody used it for so long; says whether it did.
    package func unload(idleFor limit: Duration) -> Bool {
        guard loaded != nil, ContinuousClock.now - lastUse >= limit else { return false }
        loaded = nil
        return true
    }

    package func list() async throws -> [ModelReport] {
        var reports: [ModelReport] = []
        for model in try await store.perform({ try $0.models() }) {
            try await reports.append(report(model))
        }
        return reports
    }

    /// Registers a file under a name; the same file under the same name again changes nothing.
    package func add(path: String, name: String?) async throws -> ModelReport {
        guard path.hasPrefix("/") else {
            throw ControlError(
                .invalidRequest, "cannot add the model \(path): give an absolute path")
        }
        let name = name ?? ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        guard !name.isEmpty, name.count <= 128, !name.contains(where: { $0 == "/" || $0.isNewline })
        else {
            throw ControlError(
                .invalidRequest,
                "cannot name a model \"\(name)\": use up to 128 characters without a slash")
        }
        let model = try await store.perform { store in
            let file = try ModelFile(path: path)
            let fingerprint = try file.fingerprint()
            let known = try store.models().first { $0.name == name }
            if let known, known.sha256 != fingerprint.hex {
                throw ControlError(
                    .conflict,
                    "cannot add the model \(name): another file is registered under this name;"
                        + " choose a different one with --name")
            }
            // Reading it proves that it is a model before it is recorded as one.
            _ = try LoadedModel(name: name, path: path, fingerprint: fingerprint)
            let model = StoredModel(
                name: name, path: path, sha256: fingerprint.hex, size: file.size,
                modifiedAt: file.modifiedAt, isActive: known?.isActive ?? false)
            try store.record(model)
            return model
        }
        return try await report(model)
    }

    /// Makes a model the one in use; the head is reset when it belongs to another base.
    ///
    /// - Errors: ``ControlError`` of kind `busy` while a round needs another one.
    package func use(_ name: String, _ checkpoints: CheckpointLibrary) async throws -> ModelReport {
        let model = try await store.perform { store in
            guard var model = try store.models().first(where: { $0.name == name }) else {
                throw ControlError(
                    .notFound,
                    "cannot use the model \(name): there is none of that name; `attunectl model"
                        + " list` shows them")
            }
            try Self.confirm(model, in: store)
            try store.activateModel(name) { running, head in
                let trains = running.flatMap { try? RoundRecord(json: $0.plan).model.hex }
                if let running, trains != model.sha256 {
                    throw ControlError(
                        .busy,
                        "cannot switch to the model \(name): round \(running.id) trains another and"
                            + " is not finished; wait for it or cancel it")
                }
                return try head.map {
                    try checkpoints.repository.manifest(of: ObjectID(validating: $0)).base
                        .fingerprint.hex == model.sha256
                } ?? true
            }
            try? checkpoints.evictLogps()
            model.isActive = true
            return model
        }
        if loaded?.base.fingerprint.hex != model.sha256 { loaded = nil }
        events.publish(
            Event(
                kind: .modelChanged, at: Date(), message: "The model \(name) is in use",
                subject: name))
        return try await report(model)
    }

    /// Reads a model's file again and compares.
    package func verify(_ name: String) async throws -> VerificationReport {
        try await store.perform { store in
            guard let model = try store.models().first(where: { $0.name == name }) else {
                throw ControlError(
                    .notFound,
                    "cannot verify the model \(name): there is none of that name")
            }
            var checks: [Check] = []
            do {
                let found = try ModelFile(path: model.path).fingerprint()
                let isSame = found.hex == model.sha256
                checks.append(
                    Check(
                        name: "fingerprint", state: isSame ? .ok : .failed, found: found.hex,
                        advice: isSame
                            ? nil
                            : "the file is not the one registered (\(model.sha256)); restore it"))
                _ = try LoadedModel(name: name, path: model.path, fingerprint: found)
                checks.append(Check(name: "format", state: .ok, found: "a complete model"))
            } catch {
                checks.append(
                    Check(
                        name: "format", state: .failed, found: "\(error)",
                        advice: "restore the file or register another model"))
            }
            return VerificationReport(subject: name, checks: checks)
        }
    }

    /// Throws if a model's file is not the one that was registered; it is read only if its size or
    /// time has changed.
    private static func confirm(_ model: StoredModel, in store: FeedbackStore) throws {
        let file = try ModelFile(path: model.path)
        if file.matches(size: model.size, modifiedAt: model.modifiedAt) { return }
        guard try file.fingerprint().hex == model.sha256 else {
            throw ControlError(
                .integrity,
                "cannot use the model \(model.name): its file \(model.path) is not the one that was"
                    + " registered; restore it, or register the new file under another name")
        }
        var renewed = model
        renewed.size = file.size
        renewed.modifiedAt = file.modifiedAt
        try store.record(renewed)
    }

    package func report(_ model: StoredModel) async throws -> ModelReport {
        let facts = try? await configuration(of: model)
        return ModelReport(
            name: model.name, path: model.path, fingerprint: model.sha256, size: model.size,
            architecture: facts?.architecture ?? "unreadable", layers: facts?.layerCount ?? 0,
            width: facts?.width ?? 0, contextLength: facts?.contextLength ?? 0,
            vocabularySize: facts?.vocabularySize ?? 0, inUse: model.isActive,
            addedAt: model.modifiedAt)
    }
}
