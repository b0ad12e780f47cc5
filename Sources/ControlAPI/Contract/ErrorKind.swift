/// Names what went wrong, in words that stay the same from release to release.
///
/// The raw value is what travels (`{"error":{"kind":"not-found",…}}`). Each kind has one HTTP status and one
/// exit code of the control tool, so that a script can decide without reading a message.
public enum ErrorKind: String, Codable, CaseIterable, Sendable {
    /// The request is not understood: malformed JSON, an unknown option, a value outside its range.
    case invalidRequest = "invalid-request"
    /// There is no such route, feedback, label request, round, checkpoint, object or model.
    case notFound = "not-found"
    /// The route exists, but not with this method.
    case methodNotAllowed = "method-not-allowed"
    /// The state has moved on: a label request already answered, a model name already taken.
    case conflict
    /// The one compute thread is taken by a round that cannot be interrupted for this.
    case busy
    /// No model is in use, so nothing can be generated, evaluated or trained.
    case noModel = "no-model"
    /// There is not enough feedback for what was asked.
    case notEnoughFeedback = "not-enough-feedback"
    /// The body is larger than the daemon takes in one request.
    case tooLarge = "too-large"
    /// The work was cancelled before it was done; what it had reached is kept.
    case cancelled
    /// The file system has no space left; nothing that was acknowledged is lost.
    case storageFull = "storage-full"
    /// The daemon failed in a way it did not foresee; its log says more.
    case internalError = "internal"
    /// This user may not do that.
    case forbidden
    /// The gate did not let a checkpoint become the head.
    case refusedByGate = "refused-by-gate"
    /// A limit that the configuration sets was reached.
    case refusedByPolicy = "refused-by-policy"
    /// A checkpoint comes from a host that is not trusted here.
    case untrusted
    /// Bytes are not what their hash, signature or format says.
    case integrity
    /// A checkpoint belongs to another base model than the one in use.
    case wrongBase = "wrong-base"
    /// A head is older than one already seen from the same host, or its key was changed or revoked.
    case staleHead = "stale-head"
    /// The daemon is starting or stopping.
    case unavailable
    /// Nobody answers at the address. The client's own kind: it never travels.
    case unreachable
    /// The other side speaks another version of the control protocol. The client's own kind.
    case versionMismatch = "version-mismatch"

    /// The HTTP status of an answer that carries this kind.
    public var httpStatus: Int {
        switch self {
        case .invalidRequest: 400
        case .forbidden, .refusedByPolicy, .untrusted: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict, .busy, .noModel, .notEnoughFeedback, .refusedByGate, .wrongBase, .staleHead:
            409
        case .tooLarge: 413
        case .integrity: 422
        case .internalError: 500
        case .cancelled, .unavailable, .unreachable: 503
        case .versionMismatch: 505
        case .storageFull: 507
        }
    }

    /// How the control tool ends when this kind is the outcome.
    public var exitCode: ToolExit {
        switch self {
        case .invalidRequest: .usage
        case .unavailable, .unreachable, .versionMismatch: .unreachable
        case .forbidden, .refusedByGate, .refusedByPolicy, .untrusted: .refused
        case .integrity, .wrongBase, .staleHead: .integrity
        case .notFound, .methodNotAllowed, .conflict, .busy, .noModel, .notEnoughFeedback,
            .tooLarge,
            .cancelled, .storageFull, .internalError:
            .failed
        }
    }
}

/// The exit codes of `attunectl`, part of its stable surface.
public enum ToolExit: Int32, CaseIterable, Sendable {
    /// Done.
    case done = 0
    /// It was tried and failed.
    case failed = 1
    /// The command line or the request was not understood.
    case usage = 2
    /// No daemon answers, or one of another protocol version.
    case unreachable = 3
    /// The gate or the access policy said no.
    case refused = 4
    /// Bytes are not what they should be.
    case integrity = 5
    /// The user pressed Ctrl-C.
    case interrupted = 130
}
