import ArgumentParser
import ControlAPI
import FeedbackFormats

/// How to sample, shared by `chat` and `generate`; what is left out is as the daemon has it.
struct SamplingOptions: ParsableArguments {
    @Flag(help: "Take the likeliest token every time.")
    var greedy = false
    @Option(help: "The seed; the same seed gives the same answers.")
    var seed: UInt64?
    @Option(help: ArgumentHelp("The longest answer, in tokens.", valueName: "tokens"))
    var maxTokens: Int?
    @Option(help: "Divides the logits; below 1 is more certain, above 1 more varied.")
    var temperature: Float?
    @Option(help: "Sample from this many of the likeliest tokens.")
    var topK: Int?
    @Option(help: "Sample from the likeliest tokens that hold this share together.")
    var topP: Float?
    @Option(help: "Leave out tokens below this share of the likeliest one's probability.")
    var minP: Float?
    @Option(
        help: ArgumentHelp(
            "Whose answers: a checkpoint's id, `head`, or `base` for the model as it came.",
            valueName: "id"))
    var checkpoint: String?

    func order(_ prompts: [[Message]], samples: Int? = nil, stream: Bool) -> GenerationOrder {
        GenerationOrder(
            prompts: prompts, samples: samples, greedy: greedy ? true : nil, seed: seed,
            maximumTokens: maxTokens, temperature: temperature, topK: topK, topP: topP,
            minP: minP, checkpoint: checkpoint, stream: stream)
    }
}
