public import ArgumentParser
public import ControlAPI
public import FeedbackFormats

extension Feedback.Kind: ExpressibleByArgument {}
extension FeedbackExport: ExpressibleByArgument {}
extension LabelReport.State: ExpressibleByArgument {}
extension Merge.Rule: ExpressibleByArgument {}

/// The words an option takes, for its help.
func valueList<Value: CaseIterable & RawRepresentable<String>>(_ type: Value.Type) -> String {
    type.allCases.map(\.rawValue).joined(separator: ", ")
}
