import Foundation
import LanguageModel

/// Measures the engine; `Tools/benchmarks/engine` builds and runs it.
@main struct Benchmark {
    static func main() {
        do {
            let options = try Options(CommandLine.arguments.dropFirst())
            if let file = options.costFile {
                try cost(options, file)
            } else if options.showsGrowth {
                try growth(options)
            } else {
                try speed(options)
            }
        } catch let fault as Options.Fault {
            FileHandle.standardError.write(Data("engine: \(fault)\n\(Options.usage)\n".utf8))
            exit(2)
        } catch {
            FileHandle.standardError.write(Data("engine: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func speed(_ options: Options) throws {
        var figures = Figures(isJSON: options.isJSON)
        let clock = ContinuousClock()
        let began = clock.now
        let model = try Transformer(file: GGUFFile(path: options.model))
        let work = Work(model: model, threads: options.threads, precision: options.precision)
        figures.add("kernels", work.context.blasDescription)
        figures.add("training", options.precision.training.rawValue)
        figures.add("sampling", options.precision.sampling.rawValue)
        figures.add("threads", Double(options.threads))
        _ = try work.prefill(64, repeats: 0)
        figures.add("first_token_s", (clock.now - began).inSeconds, "load, prefill 64, one token")
        let machine = Machine(threads: options.threads)
        let peak = machine.sgemmPeak()
        figures.add("sgemm_gflop_s", peak)
        figures.add("memory_gb_s", machine.memoryBandwidth())
        try sampling(work, options, &figures)
        try training(work, options, peak: peak, &figures)
        figures.add("peak_rss_mib", ResidentMemory.peak)
        work.context.releaseBuffers()
        figures.finish()
    }

    private static func sampling(
        _ work: Work, _ options: Options, _ figures: inout Figures
    ) throws {
        ResidentMemory.resetPeak()
        func add(_ name: String, _ rate: () throws -> Double) rethrows {
            if name.hasPrefix(options.only) { figures.add(name, try rate()) }
        }
        try add("prefill_512_tok_s") { try work.prefill(512) }
        for count in [1, 8, 32] {
            try add("sample_\(count)x64_tok_s") { try work.sampling(count, adapter: nil) }
        }
        let adapter = LoRAAdapter(
            configuration: LoRAConfiguration(rank: 8, alpha: 16),
            model: work.context.model.configuration, seed: 1)
        try add("sample_8x64_adapter_tok_s") { try work.sampling(8, adapter: adapter) }
        if options.only.isEmpty { figures.add("sampling_rss_mib", ResidentMemory.peak) }
    }

    private static func training(
        _ work: Work, _ options: Options, peak: Double, _ figures: inout Figures
    ) throws {
        for length in [64, 256] {
            if length == 64 { ResidentMemory.resetPeak() }
            let name = length == 64 ? "dpo" : "dpo_\(length)"
            guard "\(name)_pairs_s".hasPrefix(options.only) else { continue }
            let rate = try work.preferenceStep(
                pairs: 8, prompt: length, response: length, rank: 8)
            figures.add("\(name)_pairs_s", rate)
            figures.add(
                "\(name)_sgemm_share",
                rate * work.operations(prompt: length, response: length) / peak,
                "float32 operations done for it, per second, over the sgemm rate")
            if length == 64 { figures.add("training_rss_mib", ResidentMemory.peak) }
        }
    }

    private static func cost(_ options: Options, _ file: String) throws {
        let model = try Transformer(file: GGUFFile(path: options.model))
        let pairs = try Cost.pairs(file, limit: options.costPairs, model)
        for precision in ActivationPrecision.allCases where precision != .float32 {
            var figures = Figures(isJSON: options.isJSON)
            figures.add("precision", precision.rawValue)
            let cost = try Cost(
                precision, pairs: pairs, model: model, threads: options.threads,
                gradientPairs: min(8, pairs.count))
            figures.add("pairs", Double(pairs.count))
            figures.add("worst_token_logp", cost.worstToken, "nats, against float32")
            figures.add("mean_token_logp", cost.meanToken, "nats")
            figures.add("worst_response_logp", cost.worstResponse, "nats")
            figures.add("perplexity_change", cost.perplexity, "relative")
            figures.add("worst_gradient_error", cost.worstGradient, "relative L2 of a factor")
            figures.add("median_gradient_error", cost.medianGradient)
            figures.finish()
        }
    }

    private static func growth(_ options: Options) throws {
        let model = try Transformer(file: GGUFFile(path: options.model))
        func row(
            _ name: String, _ value: Int, threads: Int, pairs: Int, length: Int, rank: Int
        ) throws {
            let work = Work(model: model, threads: threads, precision: options.precision)
            var figures = Figures(isJSON: options.isJSON)
            figures.add(name, Double(value))
            ResidentMemory.resetPeak()
            let rate = try work.preferenceStep(
                pairs: pairs, prompt: length, response: length, rank: rank)
            figures.add("pairs_s", rate)
            figures.add("tokens_s", rate * Double(3 * length))
            figures.add("rss_mib", ResidentMemory.peak)
            figures.finish()
        }
        for tokens in [63, 126, 255, 510, 1023] {
            try row(
                "tokens_per_pair", tokens, threads: options.threads, pairs: 4, length: tokens / 3,
                rank: 8)
        }
        for pairs in [1, 4, 16, 64] {
            try row(
                "pairs_per_step", pairs, threads: options.threads, pairs: pairs, length: 64,
                rank: 8)
        }
        for rank in [4, 8, 16, 32, 64] {
            try row("rank", rank, threads: options.threads, pairs: 4, length: 64, rank: rank)
        }
        for threads in 1...max(options.threads, 1) {
            try row("threads", threads, threads: threads, pairs: 4, length: 64, rank: 8)
        }
    }
}
