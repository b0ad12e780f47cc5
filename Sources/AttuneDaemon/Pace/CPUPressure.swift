import Foundation

/// How long the daemon's own tasks waited for a processor, as the kernel accounts it.
///
/// - Source: the kernel's pressure stall information, `Documentation/accounting/psi.rst`.
package struct CPUPressure: Sendable {
    private let path: String

    /// The daemon's own control group where it has one, else the whole machine.
    ///
    /// - Returns: nil where the kernel keeps no such account.
    package init?() {
        let group = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8))?
            .split(separator: "\n").first { $0.hasPrefix("0::/") }
            .map { "/sys/fs/cgroup" + $0.dropFirst(3) + "/cpu.pressure" }
        let places = [group, "/proc/pressure/cpu"].compactMap(\.self)
        guard let path = places.first(where: { Self.percentage(at: $0) != nil }) else { return nil }
        self.path = path
    }

    /// Percent of the last ten seconds in which at least one task waited; 0 if it cannot be told.
    var percentage: Double {
        Self.percentage(at: path) ?? 0
    }

    private static func percentage(at path: String) -> Double? {
        (try? String(contentsOfFile: path, encoding: .utf8)).flatMap(percentage(in:))
    }

    /// `some avg10=1.23 avg60=…`
    package static func percentage(in text: String) -> Double? {
        let line = text.split(separator: "\n").first { $0.hasPrefix("some ") }
        let field = line?.split(separator: " ").first { $0.hasPrefix("avg10=") }
        return field.flatMap { Double($0.dropFirst("avg10=".count)) }
    }
}
