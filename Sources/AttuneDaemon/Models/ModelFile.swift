package import CheckpointStore
import ControlAPI
import Crypto
package import Foundation

/// A model file on disk: what tells whether it changed, and its fingerprint.
package struct ModelFile: Hashable, Sendable {
    package let path: String
    package let size: Int64
    package let modifiedAt: Date

    /// - Errors: ``ControlError`` of kind `not-found` for a path that is no readable file.
    package init(path: String) throws {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
        guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular,
            let size = (attributes[.size] as? NSNumber)?.int64Value,
            let modifiedAt = attributes[.modificationDate] as? Date,
            FileManager.default.isReadableFile(atPath: path)
        else {
            throw ControlError(
                .notFound,
                "cannot read the model file \(path): there is no file that the daemon's user may"
                    + " read; check the path and its permissions")
        }
        self.path = path
        self.size = size
        self.modifiedAt = modifiedAt
    }

    /// The SHA-256 of the whole file; about a third of a second for 100 MB.
    package func fingerprint() throws -> ObjectID {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        var hasher = SHA256()
        while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
            hasher.update(data: chunk)
        }
        let hex = hasher.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
        return try ObjectID(validating: hex)
    }

    /// Whether size and time are those recorded; times are stored in milliseconds.
    package func matches(size: Int64, modifiedAt: Date) -> Bool {
        self.size == size && abs(self.modifiedAt.timeIntervalSince(modifiedAt)) < 0.002
    }
}
