import CSystemd
import Foundation
public import Logging

/// Writes log events to the systemd journal, metadata as fields.
///
/// `metadata["round"]` becomes the field `ROUND`, so `journalctl ROUND=12` finds a round's lines.
///
/// - Source: sd_journal_sendv(3); the variadic form cannot be called from Swift.
public struct JournalLogHandler: LogHandler {
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
        Self.send(fields(of: event))
    }

    /// The fields of one event, `NAME=value`, in the order sent.
    package func fields(of event: LogEvent) -> [String] {
        var all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
            .merging(event.metadata ?? [:]) { $1 }
        if let error = event.error { all["error"] = "\(error)" }
        let own = [
            "MESSAGE=\(event.message)",
            "PRIORITY=\(LogFields.priority(event.level))",
            "SYSLOG_IDENTIFIER=\(label)",
            "CODE_FILE=\(event.file)",
            "CODE_LINE=\(event.line)",
            "CODE_FUNC=\(event.function)",
        ]
        let taken: Set = [
            "MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "CODE_FILE", "CODE_LINE", "CODE_FUNC",
        ]
        return own
            + all.sorted { $0.key < $1.key }.compactMap { key, value in
                guard let name = LogFields.journalName(key), !taken.contains(name) else {
                    return nil
                }
                return "\(name)=\(value)"
            }
    }

    private static func send(_ fields: [String]) {
        let buffers = fields.map { field in
            let bytes = UnsafeMutableRawBufferPointer.allocate(
                byteCount: field.utf8.count, alignment: 1)
            bytes.copyBytes(from: field.utf8)
            return bytes
        }
        defer { buffers.forEach { $0.deallocate() } }
        let vectors = buffers.map { iovec(iov_base: $0.baseAddress, iov_len: $0.count) }
        _ = sd_journal_sendv(vectors, CInt(vectors.count))
    }
}

extension JournalLogHandler {
    /// Whether this process's standard error is a stream of the journal.
    ///
    /// - Source: systemd.exec(5), `JOURNAL_STREAM`: device and inode of the stream.
    public static var isStandardErrorTheJournal: Bool {
        guard let stream = ProcessInfo.processInfo.environment["JOURNAL_STREAM"] else {
            return false
        }
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }
}
