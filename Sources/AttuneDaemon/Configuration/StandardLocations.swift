import Foundation

/// Where a daemon's files are when nobody says.
///
/// Under systemd the directories the unit declares; otherwise the user's own XDG directories.
package struct StandardLocations: Sendable {
    package var environment: [String: String]

    package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
    }

    /// `$STATE_DIRECTORY`, else `$XDG_STATE_HOME/attune`, else `~/.local/state/attune`.
    package var stateDirectory: String {
        // systemd joins several directories with colons; the first is the unit's main one.
        if let given = value("STATE_DIRECTORY")?.split(separator: ":").first {
            return String(given)
        }
        return (value("XDG_STATE_HOME") ?? home + "/.local/state") + "/attune"
    }

    /// `$RUNTIME_DIRECTORY/attuned.sock`, else `$XDG_RUNTIME_DIR/attune/attuned.sock`, else inside
    /// the state directory.
    package func socket(stateDirectory: String) -> String {
        if let given = value("RUNTIME_DIRECTORY")?.split(separator: ":").first {
            return given + "/attuned.sock"
        }
        if let runtime = value("XDG_RUNTIME_DIR") { return runtime + "/attune/attuned.sock" }
        return stateDirectory + "/attuned.sock"
    }

    /// `$CONFIGURATION_DIRECTORY/attuned.yaml`, else `$XDG_CONFIG_HOME/attune/attuned.yaml`.
    package var configurationFile: String {
        if let given = value("CONFIGURATION_DIRECTORY")?.split(separator: ":").first {
            return given + "/attuned.yaml"
        }
        return (value("XDG_CONFIG_HOME") ?? home + "/.config") + "/attune/attuned.yaml"
    }

    private var home: String { value("HOME") ?? NSHomeDirectory() }

    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
