import CheckpointStore
import Foundation
import PreferenceLearning

/// The working files of one round: the last boundary it can go on from.
///
/// `state.json` holds the small part of the state and names the file of the large one,
/// `tensors-<step>.safetensors`, which is rewritten only when the optimiser has stepped. Each file
/// appears whole by rename, tensors before the record that names them.
struct RoundFiles: Sendable {
    let directory: String

    init(directory: String) {
        self.directory = directory
    }

    private struct Record: Codable {
        var tensors: String
        var state: Data
    }

    private var recordPath: String { directory + "/state.json" }

    /// Keeps a state; durable on return.
    ///
    /// - Errors: ``CheckpointError/fileOperation(_:path:code:)``; the state kept before stays.
    func save(_ state: RoundState) throws {
        let (json, tensors) = try state.encoded()
        let name = "tensors-\(state.step).safetensors"
        let path = "\(directory)/\(name)"
        try DurableFile.makeDirectory(directory)
        if !FileManager.default.fileExists(atPath: path) {
            let sources = tensors.map {
                Safetensors.Source(name: $0.key, shape: [$0.value.count], values: $0.value)
            }
            try DurableFile.write(Safetensors.encode(sources), to: path)
        }
        try DurableFile.write(
            JSONEncoder().encode(Record(tensors: name, state: json)), to: recordPath)
        removeTensors(except: name)
    }

    /// The state last kept; nil when none was, or when it is damaged: the round then begins anew, to
    /// the same bits.
    func load() throws -> RoundState? {
        guard FileManager.default.fileExists(atPath: recordPath) else { return nil }
        do {
            return try read()
        } catch is DecodingError {
            return nil
        } catch CocoaError.fileReadNoSuchFile {
            return nil
        } catch let error as CheckpointError where error.isRefusal {
            return nil
        } catch PreferenceLearningError.stateMismatch {
            return nil
        }
    }

    private func read() throws -> RoundState {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: recordPath))
        let record = try JSONDecoder().decode(Record.self, from: bytes)
        let path = "\(directory)/\((record.tensors as NSString).lastPathComponent)"
        let file = try Safetensors(Data(contentsOf: URL(fileURLWithPath: path)))
        var tensors: [String: [Float]] = [:]
        for tensor in file.tensors { tensors[tensor.name] = try file.floats(tensor.name) }
        return try RoundState(json: record.state, tensors: tensors)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: directory)
    }

    private func removeTensors(except name: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for other in names where other != name && other != "state.json" {
            try? FileManager.default.removeItem(atPath: "\(directory)/\(other)")
        }
    }
}
