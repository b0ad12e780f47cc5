import Foundation

/// Whether the machine runs on battery, from the kernel's power supply class.
package struct PowerSupply: Sendable {
    private let directory: String

    package init(directory: String = "/sys/class/power_supply") {
        self.directory = directory
    }

    /// True when there is a supply from outside and none is online.
    package var isOnBattery: Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let outside = names.filter { ["Mains", "USB"].contains(attribute("type", of: $0)) }
        return !outside.isEmpty && outside.allSatisfy { attribute("online", of: $0) == "0" }
    }

    private func attribute(_ name: String, of supply: String) -> String? {
        (try? String(contentsOfFile: "\(directory)/\(supply)/\(name)", encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
