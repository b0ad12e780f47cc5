public import Foundation

extension CheckpointRepository {
    /// Checks a manifest that is about to be sent, before any of its objects cross the wire; writes
    /// nothing.
    ///
    /// - Errors: ``CheckpointError/baseMismatch(local:found:)`` and whatever makes the manifest
    ///   itself unacceptable.
    @discardableResult
    public func inspect(manifest bytes: Data, base: BaseModel) throws -> Manifest {
        let manifest = try Manifest(canonical: bytes)
        guard manifest.base.fingerprint == base.fingerprint else {
            throw CheckpointError.baseMismatch(
                local: base.fingerprint, found: manifest.base.fingerprint)
        }
        guard manifest.base.hasDimensions(of: base) else {
            throw CheckpointError.malformed(
                "manifest", field: "base", reason: "its dimensions are not those of the base model")
        }
        return manifest
    }

    /// Lets a received checkpoint in: from quarantine to the trusted objects, if it is whole and
    /// right in every part.
    ///
    /// Checks manifest and bounds, base fingerprint and dimensions, every object's presence, size
    /// and hash, adapter tensors by name and shape, and that all numbers are finite. Admission
    /// activates nothing. Admitting again does nothing. A manifest among the trusted objects proves
    /// nothing by itself: it may have come in as a part of another checkpoint.
    ///
    /// - Errors: a ``CheckpointError``; a checkpoint that is incomplete, or whose damaged part was
    ///   set aside, stays in quarantine to be completed, any other refused one is deleted from it.
    @discardableResult
    public func admit(_ checkpoint: CheckpointID, base: BaseModel) throws -> Manifest {
        let isStored = objects.contains(checkpoint)
        if isStored {
            let bytes = try objects.data(of: checkpoint, maximumSize: Manifest.maximumSize)
            let manifest = try inspect(manifest: bytes, base: base)
            if objects.missingParts(of: manifest).isEmpty { return manifest }
        }
        guard isStored || quarantine.contains(checkpoint) else {
            throw CheckpointError.incomplete(checkpoint, missing: [checkpoint])
        }
        var parts: [ObjectID] = []
        do {
            let bytes = try whereverItIs(checkpoint) {
                try $0.data(of: checkpoint, maximumSize: Manifest.maximumSize)
            }
            let manifest = try Manifest(canonical: bytes)
            parts = manifest.objects.values.map(\.id).sorted()
            try inspect(manifest: bytes, base: base)
            let missing = missing(of: parts)
            guard missing.isEmpty else {
                throw CheckpointError.incomplete(checkpoint, missing: missing)
            }
            try check(manifest)
            for part in parts { try release(part) }
            try release(checkpoint)
            return manifest
        } catch let error as CheckpointError where error.condemns {
            for id in parts + [checkpoint] { try? quarantine.delete(id) }
            throw error
        }
    }

    /// Reads a stored checkpoint from disk and repeats every check of admission on it; every damaged
    /// object is set aside.
    ///
    /// - Parameter base: the local model, or nil to leave the question of the base aside.
    public func verify(_ checkpoint: CheckpointID, base: BaseModel? = nil) throws {
        let manifest = try manifest(of: checkpoint)
        if let base { try inspect(manifest: manifest.canonicalBytes(), base: base) }
        try check(manifest)
    }

    /// As ``verify(_:base:)``, part by part: the manifest, then every object by its role.
    ///
    /// - Returns: what is wrong with each part, nil for a sound one; the manifest alone if it cannot
    ///   be read.
    public func examine(_ checkpoint: CheckpointID) -> [(part: String, fault: (any Error)?)] {
        do {
            return [("manifest", nil)] + parts(of: try manifest(of: checkpoint))
        } catch {
            return [("manifest", error)]
        }
    }

    private func check(_ manifest: Manifest) throws {
        if let fault = parts(of: manifest).lazy.compactMap(\.fault).first { throw fault }
    }

    /// Checks every object a manifest names, wherever it is.
    private func parts(of manifest: Manifest) -> [(part: String, fault: (any Error)?)] {
        manifest.objects.sorted { $0.key < $1.key }.map { role, reference in
            do {
                try check(role, reference, of: manifest)
                return (role, nil)
            } catch {
                return (role, error)
            }
        }
    }

    private func check(_ role: String, _ reference: ObjectReference, of manifest: Manifest) throws {
        let data = try whereverItIs(reference.id) { try $0.mapped(reference.id) }
        guard data.count == reference.size else {
            throw CheckpointError.sizeMismatch(
                reference.id, expected: reference.size, found: data.count)
        }
        switch reference.format {
        case .json: _ = try JSONParser.parse(data, "\(role) object")
        case .safetensors where role == Manifest.adapterRole:
            _ = try Adapter(safetensors: data, base: manifest.base, shape: manifest.lora)
        case .safetensors:
            try Safetensors(data).requireFinite()
        }
    }

    /// Reads an object in either store; another admission may move it at any moment.
    private func whereverItIs<Result>(
        _ id: ObjectID, _ read: (ObjectStore) throws -> Result
    ) throws -> Result {
        if objects.contains(id) { return try read(objects) }
        do {
            return try read(quarantine)
        } catch {
            guard objects.contains(id) else { throw error }
            return try read(objects)
        }
    }

    private func release(_ id: ObjectID) throws {
        if objects.contains(id) {
            try objects.settle(id)
            return try quarantine.delete(id)
        }
        do {
            try objects.adopt(quarantine.path(of: id), as: id)
            objects.touch(id)
        } catch CheckpointError.fileOperation(_, _, ENOENT) where objects.contains(id) {
            try objects.settle(id)
        }
    }
}

extension CheckpointError {
    /// Whether bytes in quarantine are worthless, as opposed to unfinished or unreadable for now; a
    /// damaged object has been set aside and leaves its checkpoint unfinished.
    fileprivate var condemns: Bool {
        switch self {
        case .fileOperation, .incomplete, .objectMissing, .hashMismatch: false
        default: true
        }
    }
}

extension BaseModel {
    /// Whether two descriptions agree in all that shapes an adapter; names may differ.
    func hasDimensions(of other: BaseModel) -> Bool {
        var renamed = self
        renamed.name = other.name
        renamed.fingerprint = other.fingerprint
        return renamed == other
    }
}
