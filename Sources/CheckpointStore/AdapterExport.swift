import Foundation

/// How the rows of query and key weights stand in a GGUF file, against Hugging Face's.
///
/// Rotary embedding turns pairs of a head's rows. Hugging Face pairs row `i` with row `i + D/2`
/// (half-split); for the llama architecture the GGUF converter reorders rows so that a pair stands
/// together, `2i` and `2i + 1` (interleaved).
package enum RotaryRows {
    /// Reorders rows head by head: `halfSplit[h, s·D/2 + i] = interleaved[h, 2i + s]` for `s` in 0,
    /// 1.
    ///
    /// - Parameters:
    ///   - rows: [H·D, rowWidth] row-major.
    ///   - headSize: D, even.
    package static func halfSplit(
        fromInterleaved rows: [Float], headSize: Int, rowWidth: Int
    ) -> [Float] {
        precondition(headSize.isMultiple(of: 2) && rows.count.isMultiple(of: headSize * rowWidth))
        var result: [Float] = []
        result.reserveCapacity(rows.count)
        for head in stride(from: 0, to: rows.count / rowWidth, by: headSize) {
            for half in 0..<2 {
                for pair in 0..<headSize / 2 {
                    let start = (head + 2 * pair + half) * rowWidth
                    result += rows[start..<start + rowWidth]
                }
            }
        }
        return result
    }
}

extension Adapter {
    /// The only architecture whose row order and names are known and proven against both libraries.
    private static let exportableArchitecture = "llama"

    func requireExportable() throws {
        guard base.architecture == Self.exportableArchitecture, base.headSize.isMultiple(of: 2)
        else { throw CheckpointError.architectureNotExportable(base.architecture) }
    }
}

/// Writes new files into a directory for people; each appears whole or not at all.
func export(_ files: [String: Data], to directory: String) throws {
    let fileSystem = FileSystem(newFileMode: 0o644, newDirectoryMode: 0o755)
    try fileSystem.makeDirectories(directory)
    for (name, data) in files.sorted(by: { $0.key < $1.key }) {
        try fileSystem.writeAtomically(data, to: "\(directory)/\(name)")
    }
}
