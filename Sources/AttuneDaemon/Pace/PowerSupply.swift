import Foundation

/// Whether the machine runs on battery, from the kernel's power supply class.
package struct PowerSupply: Sendable {
    private let directory: String

    package init(directory: String = "/sys/class/power_supply") {
        self.directory = directory
    }

    /// True when there is a mains supply and none is online.
    package var isOnBattery: Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let mains = names.filter { ["Mains", "USB"].contains(attribute("type", of: $0)) }
        return mains.contains { attribute("type", of: $0) == "Mains" }
            && mains.allSatisfy { attribute("online", of: $0) == "0" }
    }

    private func attribute(_ name: String, of supply: String) -> String? {
        (try? String(contentsOfFile: "\(directory)/\(supply)/\(name)", encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
