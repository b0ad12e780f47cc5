import CheckpointStore
package import ControlAPI
import FeedbackStore
import Foundation
import Hummingbird
import LanguageModel
import PreferenceLearning

extension ControlError {
    /// The control protocol's view of any error of the daemon's libraries.
    ///
    /// A full disk keeps its kind wherever it shows; what nobody foresaw is `internal`.
    package init(describing error: any Error) {
        switch error {
        case let error as ControlError:
            self = error
        case let error as HTTPError where error.status == .notFound:
            self.init(
                .notFound, "cannot find that route; this daemon serves \(ControlProtocol.prefix)")
        case let error as HTTPError where error.status == .methodNotAllowed:
            self.init(.methodNotAllowed, "cannot use that method on this route")
        case let error as HTTPError where error.status == .contentTooLarge:
            self.init(.tooLarge, "cannot take the body: it is too large; send smaller parts")
        case let error as DecodingError:
            self.init(.invalidRequest, "cannot read the request: \(error.plainReason)")
        case is CancellationError:
            self.init(.cancelled, "cannot finish: the work was cancelled; start it again")
        default:
            self.init(Self.errorKind(of: error), "\(error)")
        }
    }
}

extension ControlError {
    private static func errorKind(of error: any Error) -> ErrorKind {
        switch error {
        case let error as CheckpointError: errorKind(of: error)
        case let error as StoreError: errorKind(of: error)
        case let error as PreferenceLearningError: errorKind(of: error)
        case is GGUFError: .integrity
        case is AnnotatorError: .conflict
        case is ConfigurationError, is EngineError: .invalidRequest
        default: .internalError
        }
    }

    private static func errorKind(of error: StoreError) -> ErrorKind {
        switch error {
        case .diskFull: .storageFull
        case .notFound: .notFound
        case .ambiguous: .invalidRequest
        case .conflict: .conflict
        case .damaged: .integrity
        default: .internalError
        }
    }

    private static func errorKind(of error: PreferenceLearningError) -> ErrorKind {
        switch error {
        case .emptyWindow: .notEnoughFeedback
        case .pairTooLong, .invalidConfiguration, .invalidAnswer: .invalidRequest
        default: .internalError
        }
    }

    private static func errorKind(of error: CheckpointError) -> ErrorKind {
        switch error {
        case .objectMissing, .incomplete: .notFound
        case .tooLarge: .tooLarge
        case .placeMissing: .unreachable
        case .invalidObjectID, .invalidPeerAddress: .invalidRequest
        case .baseMismatch: .wrongBase
        case .headReplayed, .headConflict, .keyRetired: .staleHead
        case .fileOperation: error.kind == "disk-full" ? .storageFull : .internalError
        case .hashMismatch, .sizeMismatch, .malformed, .unsupportedFormat, .signatureInvalid:
            .integrity
        case .hostKeyUnusable, .architectureNotExportable, .refused, .nothingToMerge: .conflict
        }
    }
}

extension DecodingError {
    /// What is wrong and where, in one line.
    package var plainReason: String {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .dataCorrupted(let context):
            "\(Self.place(context.codingPath))\(context.debugDescription)"
        case .keyNotFound(let key, let context):
            "\(Self.place(context.codingPath))the key \"\(key.stringValue)\" is missing"
        @unknown default:
            "\(self)"
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        guard !path.isEmpty else { return "" }
        let text = path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        return "at \(text.drop { $0 == "." }): "
    }
}
