public import CheckpointStore

extension CheckpointError {
    /// The kind under which this error travels.
    public var errorKind: ErrorKind {
        switch self {
        case .invalidObjectID, .invalidPeerAddress, .architectureNotExportable: .invalidRequest
        case .objectMissing: .notFound
        case .placeMissing: .unreachable
        case .hashMismatch, .sizeMismatch, .malformed, .unsupportedFormat, .incomplete,
            .signatureInvalid, .refused:
            .integrity
        case .tooLarge: .tooLarge
        case .fileOperation: kind == "disk-full" ? .storageFull : .internalError
        case .baseMismatch: .wrongBase
        case .headReplayed, .headConflict, .keyRetired: .staleHead
        case .hostKeyUnusable: .internalError
        case .nothingToMerge: .conflict
        }
    }
}

extension ControlError {
    /// The same facts, as the control protocol knows them.
    public init(_ error: CheckpointError) {
        self.init(error.errorKind, error.description)
    }
}
