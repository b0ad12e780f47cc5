import ControlAPI
import FeedbackFormats
import Testing

@Suite struct RequestTargetTests {
    @Test func parametersAreEscaped() {
        #expect(
            ControlRoutes.useModel.route.target(parameter: "a b/../ü")
                == "/v1/models/a%20b%2F..%2F%C3%BC/use")
    }

    @Test func queriesHoldWhatIsThereInTheOrderOfKeys() throws {
        let items = try queryItems(
            of: FeedbackQuery(kind: .edit, search: "a&b=c", retracted: true, limit: 10))
        let target = ControlRoutes.listFeedback.route.target(parameter: nil, query: items)
        #expect(target == "/v1/feedback?kind=edit&limit=10&retracted=true&search=a%26b%3Dc")
        #expect(try queryItems(of: FeedbackQuery()).isEmpty)
    }
}
