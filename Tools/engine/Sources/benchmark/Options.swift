import Foundation
import LanguageModel

/// The command line.
struct Options {
    var model = ""
    var threads = ProcessInfo.processInfo.activeProcessorCount
    var precision = ComputePrecision(training: .int16, sampling: .int8)
    var isJSON = false
    var showsGrowth = false
    /// How the names of the figures begin that are wanted; the rest of the work is left out.
    var only = ""
    /// A JSON Lines file of pairs to measure precisions on.
    var costFile: String?
    var costPairs = 200

    static let usage = """
        usage: engine [--model GGUF] [--threads N] [--training float32|int16]
                      [--sampling float32|int16|int8] [--only FIGURE] [--json]
               engine --cost PAIRS.jsonl [--pairs N] [--json]
               engine --growth [--json]

        Without a mode, measures speed and memory on the work that peers are measured on, beside the
        machine's own float32 product rate and memory bandwidth; --only leaves out figures whose names
        do not begin so. --cost measures what each precision
        changes against float32 on real pairs; --growth how cost grows with length, pairs, rank and
        threads.
        """

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    init(_ arguments: some Sequence<String>) throws {
        var arguments = Array(arguments)[...]
        func value(_ name: String) throws -> String {
            guard let value = arguments.popFirst() else {
                throw Fault(description: "\(name) needs a value")
            }
            return value
        }
        func number(_ name: String) throws -> Int {
            let text = try value(name)
            guard let number = Int(text), number > 0 else {
                throw Fault(description: "\(name) takes a whole number above 0, not \(text)")
            }
            return number
        }
        func precision(_ name: String) throws -> ActivationPrecision {
            let text = try value(name)
            guard let precision = ActivationPrecision(rawValue: text) else {
                throw Fault(description: "\(name) takes float32, int16 or int8, not \(text)")
            }
            return precision
        }
        while let argument = arguments.popFirst() {
            switch argument {
            case "--model": model = try value(argument)
            case "--threads": threads = try number(argument)
            case "--training": self.precision.training = try precision(argument)
            case "--sampling": self.precision.sampling = try precision(argument)
            case "--json": isJSON = true
            case "--only": only = try value(argument)
            case "--growth": showsGrowth = true
            case "--cost": costFile = try value(argument)
            case "--pairs": costPairs = try number(argument)
            default: throw Fault(description: "unknown argument \(argument)")
            }
        }
        if model.isEmpty { throw Fault(description: "--model is missing") }
    }
}
