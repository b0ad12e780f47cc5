public import Foundation

/// Why something could not be stored, read, believed or exchanged.
///
/// ``kind`` is the stable, kebab-case word of each case; the description is for people and may
/// change.
public enum CheckpointError: Error, Hashable, Sendable {
    case invalidObjectID(String)
    case objectMissing(ObjectID, place: String)
    case hashMismatch(expected: ObjectID, found: ObjectID, place: String)
    case sizeMismatch(ObjectID, expected: Int, found: Int)
    /// More than a limit, in bytes or in number.
    case tooLarge(String, limit: Int)
    case fileOperation(String, path: String, code: Int32)
    case malformed(String, field: String, reason: String)
    case unsupportedFormat(String, found: Int, supported: Int)
    case baseMismatch(local: ObjectID, found: ObjectID)
    case incomplete(CheckpointID, missing: [ObjectID])
    case signatureInvalid(HostID)
    case headReplayed(HostID, known: UInt64, offered: UInt64)
    case headConflict(HostID, counter: UInt64)
    /// A head signed with a key that was succeeded by another one, or revoked.
    case keyRetired(HostID, successor: HostID?)
    case hostKeyUnusable(path: String, reason: String)
    case invalidPeerAddress(String, reason: String)
    /// A place that is not there now and may be later, such as a stick that is not plugged in.
    case placeMissing(String)
    case architectureNotExportable(String)
    case refused(String, by: String, reason: String)
    case nothingToMerge(CheckpointID, in: CheckpointID)

    public var kind: String {
        switch self {
        case .invalidObjectID: "invalid-object-id"
        case .objectMissing: "object-missing"
        case .hashMismatch: "hash-mismatch"
        case .sizeMismatch: "size-mismatch"
        case .tooLarge: "too-large"
        case .fileOperation(_, _, ENOSPC), .fileOperation(_, _, EDQUOT): "disk-full"
        case .fileOperation: "input-output-error"
        case .malformed: "malformed"
        case .unsupportedFormat: "unsupported-format"
        case .baseMismatch: "base-mismatch"
        case .incomplete: "incomplete-checkpoint"
        case .signatureInvalid: "signature-invalid"
        case .headReplayed: "head-replayed"
        case .headConflict: "head-conflict"
        case .keyRetired: "key-retired"
        case .hostKeyUnusable: "host-key-unusable"
        case .invalidPeerAddress: "invalid-peer-address"
        case .placeMissing: "place-missing"
        case .architectureNotExportable: "architecture-not-exportable"
        case .refused: "refused"
        case .nothingToMerge: "nothing-to-merge"
        }
    }

    /// Whether the cause lies in what was offered, so that only this checkpoint or head is given
    /// up.
    ///
    /// The rest (a full disk, a lost connection) ends a whole sync.
    public var isRefusal: Bool {
        switch self {
        case .fileOperation, .hostKeyUnusable, .invalidPeerAddress, .placeMissing: false
        default: true
        }
    }
}

extension CheckpointError: CustomStringConvertible, LocalizedError {
    public var description: String {
        switch self {
        case .invalidObjectID(let text):
            "cannot use \(quoted(text)) as an object id: "
                + "it must be 64 lower-case hexadecimal digits"
        case .objectMissing(let id, let place):
            "cannot read object \(id): \(place) does not have it; sync with a peer that does"
        case .hashMismatch(let expected, let found, let place):
            "cannot use object \(expected) in \(place): its bytes hash to \(found); "
                + "it is damaged, sync with a peer that has it"
        case .sizeMismatch(let id, let expected, let found):
            "cannot accept object \(id): \(expected) bytes were announced and \(found) came; "
                + "fetch it again"
        case .tooLarge(let what, let limit):
            "cannot accept \(what): the limit is \(limit)"
        case .fileOperation(let operation, let path, let code):
            "cannot \(operation) \(path): \(String(cString: strerror(code))); \(advice(for: code))"
        case .malformed(let what, let field, let reason):
            "cannot read the \(what): \(field): \(reason); it is damaged or not made by Attune"
        case .unsupportedFormat(let what, let found, let supported):
            "cannot read the \(what): it has format \(found) and this version reads \(supported); "
                + "upgrade Attune on this host"
        case .baseMismatch(let local, let found):
            "cannot use this checkpoint: it was trained on base model \(found) "
                + "and the local model is \(local); use the same model file on both hosts"
        case .incomplete(let id, let missing):
            "cannot use checkpoint \(id.short): \(missing.count) of its objects are missing, "
                + "first \(missing.first?.hex ?? "none"); sync with a peer that has it"
        case .signatureInvalid(let host):
            "cannot accept what host \(host.short) is said to have signed: its signature does not verify; "
                + "do not trust its source"
        case .headReplayed(let host, let known, let offered):
            "cannot accept a head of host \(host.short): its counter \(offered) is below "
                + "the known \(known); an old head was replayed"
        case .headConflict(let host, let counter):
            "cannot accept a head of host \(host.short): it signed two different "
                + "checkpoints with counter \(counter); its key or state was copied, keep the known one"
        case .keyRetired(let host, let successor?):
            "cannot accept a head of host \(host.short): its key was succeeded by that of "
                + "host \(successor.short); use the heads of that one"
        case .keyRetired(let host, nil):
            "cannot accept a head of host \(host.short): its key was revoked; "
                + "trust the host's new key if its owner has made one"
        case .hostKeyUnusable(let path, let reason):
            "cannot use the host key \(path): \(reason)"
        case .invalidPeerAddress(let text, let reason):
            "cannot use \(quoted(text)) as a peer address: \(reason)"
        case .placeMissing(let place):
            "cannot reach \(quoted(place)): there is no such directory; is it mounted?"
        case .architectureNotExportable(let name):
            "cannot export an adapter of architecture \(quoted(name)): only llama is known; "
                + "export from a llama-family model"
        case .refused(let what, let by, let reason):
            "cannot hand over \(what): \(by) refused it: \(reason)"
        case .nothingToMerge(let part, let whole):
            "cannot merge \(part.short) into \(whole.short): that one continues it and has all of it; "
                + "use \(whole.short)"
        }
    }

    public var errorDescription: String? { description }

    private func advice(for code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "free some space and try again, nothing stored before was touched"
        case EACCES, EPERM, EROFS: "check the owner and permissions of the directory"
        case ENOENT: "check that the directory is mounted"
        default: "check the disk and try again"
        }
    }
}

/// Hostile text for a message: escaped, and cut to a length that a terminal can take.
func quoted(_ text: String) -> String {
    let cut = text.unicodeScalars.prefix(80).map { $0.escaped(asASCII: true) }.joined()
    return "\"\(cut)\(text.unicodeScalars.count > 80 ? "…" : "")\""
}
