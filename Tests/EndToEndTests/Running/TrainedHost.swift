import ControlAPI
import Foundation
import Testing

/// A state in which one small round was run from beginning to end, made once for all tests that start from it.
actor TrainedHost {
    static let shared = TrainedHost()

    /// Eight pairs, a few asks, one thread: a round that ends with the same bits whenever and however it is run.
    static let settings = """
        threads: 1
        annotator:
          kind: command
          command: ["\(BuiltProgram.repository)/Tools/demo/annotate"]
        training:
          seed: 7
          busyPressure: 0
          learningRate: 0.0003
          batchSize: 4
          chunkSize: 4
          windowLimit: 8
          candidates: 3
          temperature: 0.6
          maximumNewTokens: 40
        """

    /// Questions with short answers, so that candidates end by themselves: a long tail is what takes time.
    private static let pairs = [
        ("Reply with one word: what colour is grass?", "Green.", "Grass is a plant."),
        ("Say yes or no: is ice cold?", "Yes, it is.", "Ice is frozen water."),
        ("Name one fruit. Only its name.", "Apple.", "There are many fruits."),
        ("What is the capital of France? One word.", "Paris.", "France is a country."),
        ("Thank me in one short sentence.", "Thank you, that was kind!", "Thanks are due."),
        ("What is 2 + 2? Just the number.", "4.", "It is a sum."),
        ("Wish me good night in five words.", "Sleep well and dream sweetly!", "Night."),
        ("Say yes or no: can fish fly?", "No, they swim.", "Fish are animals."),
        ("Name one animal. Only its name.", "Dog.", "Animals are alive."),
        ("Greet me in three words.", "Good morning, friend!", "Greetings are given."),
        ("What is the opposite of hot? One word.", "Cold.", "Hot is a word."),
        ("Say yes or no: is the sun a star?", "Yes, it is.", "The sun is bright."),
        ("Name one colour. Only its name.", "Blue.", "Colours are seen."),
        ("What is 10 - 3? Just the number.", "7.", "It is a difference."),
        ("Wish me luck in three words.", "Best of luck!", "Luck."),
        ("What day follows Monday? One word.", "Tuesday.", "Days follow days."),
        ("Name one vegetable. Only its name.", "Carrot.", "They are eaten."),
        ("Say sorry in one short sentence.", "I am sorry, my friend.", "Sorry is said."),
    ].map { prompt, chosen, rejected in
        #"{"prompt": "\#(prompt)", "chosen": "\#(chosen)", "rejected": "\#(rejected)"}"# + "\n"
    }.joined()

    struct Trained {
        let scratch: Scratch
        /// Feedback and model are there, no round was run.
        let before: String
        /// The round is done, and its checkpoint is the head.
        let promoted: String
        let round: RoundReport
    }

    private var trained: Trained?

    func make() async throws -> Trained {
        if let trained { return trained }
        let scratch = try Scratch()
        let before = Machine("before", in: scratch)
        try await before.start(settings: Self.settings, model: BuiltProgram.model)
        let imported = try await before.attunectl("feedback", "import", "-", input: Self.pairs)
        try #require(imported.status == 0, "\(imported)")
        await before.stop()

        let host = try Machine(copying: before.state, as: "promoted", in: scratch)
        try await host.start(settings: Self.settings)
        let round: RoundReport = try await host.client.lines(
            ControlRoutes.runTraining, TrainingRun()
        ).lastValue()
        let order = ["checkpoint", "promote", try #require(round.checkpoint), "--force"]
        let promoted = try await host.attunectl(order)
        try #require(promoted.status == 0, "\(promoted)")
        await host.stop()
        let made = Trained(
            scratch: scratch, before: before.state, promoted: host.state, round: round)
        trained = made
        return made
    }
}
