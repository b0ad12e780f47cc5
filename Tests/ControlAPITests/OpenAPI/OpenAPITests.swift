import ControlAPI
import FeedbackFormats
import Foundation
import Testing

@Suite struct OpenAPITests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// With `ATTUNE_REGENERATE=1` in the environment the document is written anew.
    @Test func documentSaysWhatTheCodeSays() throws {
        let file = Self.root.appending(path: "Schemas/control-api.json")
        let text = try OpenAPIDocument().text()
        if ProcessInfo.processInfo.environment["ATTUNE_REGENERATE"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        let found = try String(contentsOf: file, encoding: .utf8)
        #expect(
            found == text,
            "Schemas/control-api.json is out of date; run the tests with ATTUNE_REGENERATE=1")
    }

    @Test func everyRouteOfTheSourceIsInTheTable() throws {
        let source = try String(
            contentsOf: Self.root.appending(
                path: "Sources/ControlAPI/Contract/ControlRoutes.swift"),
            encoding: .utf8)
        let declared = source.matches(of: #/static let (\w+) = Endpoint</#).map { String($0.1) }
        #expect(declared.count > 30)
        #expect(ControlRoutes.all.map(\.name).sorted() == declared.sorted())
    }

    @Test func noTwoRoutesAnswerTheSameRequest() {
        let requests = ControlRoutes.all.map { route in
            "\(route.method.rawValue) \(route.path.replacing(#/\{\w+\}/#, with: "{}"))"
        }
        #expect(Set(requests).count == requests.count)
    }

    @Test func observedSchemasFollowTheTypes() {
        struct Part: Codable { var at: Date }
        struct Whole: Codable {
            var name: String
            var note: String?
            var parts: [Part]
            var figures: [String: Double]
            var kind: Feedback.Kind?
        }
        let registry = SchemaRegistry()
        guard case .reference(let name) = registry.schema(of: Whole.self),
            case .object(let members)? = registry.components[name]
        else {
            Issue.record("a struct is an object")
            return
        }
        #expect(members["name"] == .init(schema: .string(format: nil), isRequired: true))
        #expect(members["note"] == .init(schema: .string(format: nil), isRequired: false))
        #expect(members["figures"] == .init(schema: .map(.number), isRequired: true))
        #expect(
            members["kind"]
                == .init(schema: .words(["pair", "tie", "rating", "edit"]), isRequired: false))
        guard case .array(.reference(let part))? = members["parts"]?.schema else {
            Issue.record("a list of structs refers to the struct")
            return
        }
        #expect(
            registry.components[part]
                == .object(["at": .init(schema: .string(format: "date-time"), isRequired: true)]))
    }

    @Test func choicesAreSeenAsSuch() {
        let registry = SchemaRegistry()
        _ = registry.schema(of: LabelVerdict.self)
        guard case .oneOf(let forms)? = registry.components["LabelVerdict"] else {
            Issue.record("a verdict is a choice")
            return
        }
        let members = Set(forms.map { $0.keys.sorted().joined(separator: " ") })
        #expect(members == ["best worst", "scores", "candidate edited", "bothBad"])
    }
}
