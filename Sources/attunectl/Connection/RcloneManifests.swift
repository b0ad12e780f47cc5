import CheckpointStore
import Foundation

/// Manifests of a store behind rclone, of which none is fetched twice.
struct RcloneManifests: Sendable {
    let rclone: Rclone
    /// A folder of this user's, with manifests as they came; they are verified whenever they are read.
    let cache: String

    /// Those of the checkpoints' manifests that can be read, in one go for all that are not known.
    ///
    /// - Parameter parts: what the store has of an object.
    func of(
        _ checkpoints: [CheckpointID], _ parts: (ObjectID) -> ObjectParts
    ) async throws -> [CheckpointID: Manifest] {
        var files: [CheckpointID: String] = [:]
        for id in checkpoints {
            let found = parts(id)
            // A manifest is far smaller than a part.
            guard let part = found.leading.first, found.leading.count == 1,
                let size = found.wholeSize, size <= Manifest.maximumSize
            else { continue }
            files[id] = "\(id.hex.prefix(2))/\(id.hex)/\(part.fileName)"
        }
        let unknown = files.filter { manifest($0.key, in: $0.value) == nil }
        try await rclone.fetch(unknown.values.sorted(), from: "objects", into: cache)
        return files.reduce(into: [:]) { $0[$1.key] = manifest($1.key, in: $1.value) }
    }

    private func manifest(_ id: CheckpointID, in file: String) -> Manifest? {
        guard let data = try? Data(contentsOf: URL(filePath: "\(cache)/\(file)")),
            ObjectID(hashing: data) == id
        else { return nil }
        return try? Manifest(canonical: data)
    }
}
