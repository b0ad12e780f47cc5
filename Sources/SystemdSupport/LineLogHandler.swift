import Foundation
public import Logging

/// Writes log events as lines of text: level, message, `key=value` metadata.
///
/// No time is written: a terminal does not need it and a service manager adds its own.
public struct LineLogHandler: LogHandler {
    public var logLevel: Logger.Level = .info
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String

    public init(label: String) {
        self.label = label
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        // One write of one line: lines of different threads never mix.
        FileHandle.standardError.write(Data((line(for: event) + "\n").utf8))
    }

    /// The line of one event, without its newline.
    package func line(for event: LogEvent) -> String {
        var all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
            .merging(event.metadata ?? [:]) { $1 }
        if let error = event.error { all["error"] = "\(error)" }
        return "\(label): \(event.level): \(event.message)\(LogFields.suffix(all))"
    }
}
