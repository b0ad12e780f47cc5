public import ArgumentParser
public import CheckpointStore
public import ControlAPI
public import FeedbackFormats

extension Feedback.Kind: ExpressibleByArgument {}
extension FeedbackExport: ExpressibleByArgument {}
extension LabelReport.State: ExpressibleByArgument {}
extension MergeRule: ExpressibleByArgument {}
extension PeerRole: ExpressibleByArgument {}

/// The words an option takes, for its help.
func valueList<Value: CaseIterable & RawRepresentable<String>>(_ type: Value.Type) -> String {
    type.allCases.map(\.rawValue).joined(separator: ", ")
}

/// Bytes as people write them: 4096, 500K, 2M, 1G.
package struct ByteCount: ExpressibleByArgument, Hashable {
    package let bytes: Int

    package init?(argument: String) {
        let scales: [Character: Int] = ["K": 10, "M": 20, "G": 30]
        let scale = argument.uppercased().last.flatMap { scales[$0] }
        guard let number = Int(argument.dropLast(scale == nil ? 0 : 1)), number > 0,
            number <= Int.max >> (scale ?? 0)
        else { return nil }
        bytes = number << (scale ?? 0)
    }
}
