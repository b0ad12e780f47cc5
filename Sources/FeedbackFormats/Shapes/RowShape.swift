/// One shape of row: how it is told from others, and what it says.
struct RowShape: Sendable {
    var format: FeedbackFormat
    /// Decides by keys and types alone; a row that matches is this shape's to read or to refuse.
    var matches: @Sendable (Row) -> Bool
    /// Reads without judging content, which ``Feedback/refusal`` does.
    var read: @Sendable (Row, inout RatingMemory) throws(FeedbackRefusal) -> [Feedback]

    init(
        _ format: FeedbackFormat, matches: @escaping @Sendable (Row) -> Bool,
        read: @escaping @Sendable (Row) throws(FeedbackRefusal) -> [Feedback]
    ) {
        self.format = format
        self.matches = matches
        self.read = { (row, _) throws(FeedbackRefusal) in try read(row) }
    }

    init(
        _ format: FeedbackFormat, matches: @escaping @Sendable (Row) -> Bool,
        remembering read:
            @escaping @Sendable (Row, inout RatingMemory) throws(FeedbackRefusal) -> [Feedback]
    ) {
        self.format = format
        self.matches = matches
        self.read = read
    }

    /// All shapes, those with the most telling keys first: the first that matches counts.
    static let all: [RowShape] = [
        .attune, .openWebUI, .fastChat, .argilla, .openAI, .openAIRejectedResponse,
        .llamaFactoryAlpaca, .llamaFactoryAlpacaRated, .llamaFactoryChat, .llamaFactoryChatRated,
        .trlUnpaired, .openRLHFUnpaired, .metaAPO, .ultraFeedback, .hhRLHF, .trlPair,
        .ranked,
    ]
}
