import CheckpointStore
import ControlAPI
import FeedbackFormats
import Foundation

extension ControlError {
    /// Any error as the tool reports it.
    init(wrapping error: any Error) {
        switch error {
        case let error as ControlError: self = error
        case let error as CheckpointError: self.init(error)
        case let error as CocoaError:
            self.init(.internalError, "cannot use \(error.filePath ?? "a file"): \(error.reason)")
        default: self.init(.internalError, "cannot go on: \(error)")
        }
    }
}

extension CocoaError {
    fileprivate var reason: String {
        (userInfo[NSUnderlyingErrorKey] as? any Error).map { String(describing: $0) }
            ?? localizedDescription
    }
}
