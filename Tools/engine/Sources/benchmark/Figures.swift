import Foundation

/// Named figures, printed as they come for people or at the end as one line of JSON.
struct Figures {
    let isJSON: Bool
    private var values: [(name: String, json: String)] = []

    init(isJSON: Bool) {
        self.isJSON = isJSON
    }

    mutating func add(_ name: String, _ text: String) {
        values.append((name, "\"\(text)\""))
        show(name, text, "")
    }

    mutating func add(_ name: String, _ value: Double, _ note: String = "") {
        let text = String(format: "%.5g", value)
        values.append((name, value.isFinite ? text : "null"))
        show(name, text, note)
    }

    private func show(_ name: String, _ text: String, _ note: String) {
        if isJSON { return }
        let label = name.padding(toLength: 28, withPad: " ", startingAt: 0)
        write("\(label) \(text)\(note.isEmpty ? "" : "  (\(note))")\n")
    }

    private func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    /// Ends a set of figures.
    func finish() {
        if isJSON {
            write("{" + values.map { "\"\($0.name)\": \($0.json)" }.joined(separator: ", ") + "}\n")
        } else {
            write("\n")
        }
    }
}

extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
