package import CheckpointStore
package import Foundation

/// A directory that goes away with the value; in memory where the system has such a place, since
/// tests make thousands of files durable.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        let memory = "/dev/shm"
        let parent =
            FileManager.default.isWritableFile(atPath: memory)
            ? memory : FileManager.default.temporaryDirectory.path
        path = parent + "/attune-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Flips a bit of an object, wherever below it lies.
    package func damage(_ id: ObjectID) throws {
        for (name, bytes) in try files() where name.hasSuffix("/\(id)") {
            var bytes = bytes
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(filePath: "\(path)/\(name)"))
        }
    }

    /// Every regular file below, by relative path.
    package func files() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            let file = "\(path)/\(name)"
            let type = try FileManager.default.attributesOfItem(atPath: file)[.type]
            guard type as? FileAttributeType == .typeRegular else { continue }
            files[name] = try Data(contentsOf: URL(filePath: file))
        }
        return files
    }
}

/// SplitMix64: the same numbers for the same seed everywhere.
package struct SplitMix64: RandomNumberGenerator {
    package var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
