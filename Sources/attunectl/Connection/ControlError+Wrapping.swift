import CheckpointStore
import ControlAPI
import Foundation

extension ControlError {
    /// Any error as the tool reports it.
    init(wrapping error: any Error) {
        switch error {
        case let error as ControlError: self = error
        case let error as CheckpointError: self.init(error)
        case let error as CocoaError:
            let file = error.filePath ?? "a file"
            self.init(.internalError, "cannot use \(file): \(Self.reason(of: error))")
        default: self.init(.internalError, "cannot go on: \(error)")
        }
    }

    /// Why a file could not be read, under the name that the person gave it.
    init(reading name: String, _ error: any Error) {
        self.init(
            .notFound,
            "cannot read \(name): \(Self.reason(of: error)); check the path and its permissions")
    }

    /// The system's own words, which Foundation hides under its error.
    private static func reason(of error: any Error) -> String {
        let outer = error as NSError
        let inner = outer.userInfo[NSUnderlyingErrorKey] as? NSError ?? outer
        guard inner.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
        return String(cString: strerror(Int32(inner.code)))
    }
}
