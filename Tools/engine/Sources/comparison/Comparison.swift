import Foundation
import LanguageModel

/// What a comparison asks of the engine, as JSON; the answer is raw float32 in one file.
struct Job: Decodable {
    struct Adapter: Decodable {
        var seed: UInt64
        var bAmplitude: Float
        var rank: Int
        var alpha: Float
    }
    struct Pair: Decodable {
        var prompt: [TokenID]
        var chosen: [TokenID]
        var rejected: [TokenID]
        /// The weights of the two log-probabilities in the objective.
        var dLogps: [Float]
    }

    var model: String
    var threads: Int
    var adapter: Adapter
    /// Sequences whose logits are wanted, `[tokens, vocabulary]` each.
    var logits: [[TokenID]]
    /// Pairs over whose weighted log-probabilities the gradient is summed.
    var pairs: [Pair]
    /// Prompts to continue greedily.
    var prompts: [[TokenID]]
    var maximumTokens: Int
}

/// Answers a job: `comparison JOB.json FOLDER`.
///
/// Writes `base.f32` and `adapted.f32` (logits of all sequences one after another),
/// `logps.f32`, `gradient.f32` (laid out as the adapter) and `greedy.json`.
@main struct Comparison {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            FileHandle.standardError.write(Data("usage: comparison JOB.json FOLDER\n".utf8))
            exit(2)
        }
        let job = try JSONDecoder().decode(
            Job.self, from: Data(contentsOf: URL(filePath: arguments[1])))
        let folder = URL(filePath: arguments[2])
        let model = try Transformer(file: GGUFFile(path: job.model))
        let context = ComputeContext(model: model, threads: job.threads)
        print(context.blasDescription)
        let adapter = try adapter(job.adapter, model.configuration)
        for (name, adapter) in [("base", nil), ("adapted", adapter)] as [(String, LoRAAdapter?)] {
            try write(
                job.logits.map { try context.logits($0, adapter: adapter) },
                to: folder.appending(path: name + ".f32"))
        }
        var gradient = [Float](repeating: 0, count: adapter.layout.parameterCount)
        var logps: [Float] = []
        for pair in job.pairs {
            let scores = try context.forward(
                ResponseGroup(prompt: pair.prompt, responses: [pair.chosen, pair.rejected]),
                adapter: adapter)
            logps += scores.map { Float($0.sum) }
            try context.backward(dLogps: pair.dLogps, accumulating: &gradient)
        }
        try write([logps], to: folder.appending(path: "logps.f32"))
        try write([gradient], to: folder.appending(path: "gradient.f32"))
        let completions = try context.generate(
            job.prompts.map { GenerationRequest(prompt: $0) },
            parameters: .greedy(maximumTokens: job.maximumTokens), adapter: nil)
        try JSONEncoder().encode(completions.map { $0[0].tokens })
            .write(to: folder.appending(path: "greedy.json"))
    }

    /// The adapter that `reference_model.Adapter.fill` makes of the same seed.
    private static func adapter(_ job: Job.Adapter, _ model: ModelConfiguration) throws
        -> LoRAAdapter
    {
        let configuration = LoRAConfiguration(rank: job.rank, alpha: job.alpha)
        let layout = LoRALayout(configuration: configuration, model: model)
        var generator = SeededGenerator(seed: job.seed)
        func unit() -> Float { Float(generator.next() >> 40) * 0x1p-23 - 1 }
        var parameters: [Float] = []
        for matrix in layout.matrices {
            let scale = 1 / Float(matrix.inputWidth).squareRoot()
            parameters += matrix.aRange.map { _ in unit() * scale }
            parameters += matrix.bRange.map { _ in unit() * job.bAmplitude }
        }
        return try LoRAAdapter(configuration: configuration, model: model, parameters: parameters)
    }

    private static func write(_ arrays: [[Float]], to url: URL) throws {
        var data = Data()
        for array in arrays { array.withUnsafeBytes { data.append(contentsOf: $0) } }
        try data.write(to: url)
    }
}
