import CheckpointStore
package import Foundation

/// How figures, sizes and times are written for people; JSON has them plain.
package enum Format {
    /// Four decimals, `0.6931`, or for what they would hide the power of ten, `1.7e-04`.
    package static func figure(_ value: Double) -> String {
        if value == 0 { return "0.0000" }
        return String(format: abs(value) < 0.001 ? "%.1e" : "%.4f", value)
    }

    package static func percent(_ share: Double) -> String {
        String(format: "%.1f %%", share * 100)
    }

    /// Binary units: `98.4 MB` would be ambiguous, so `93.8 MiB`.
    package static func bytes(_ count: Int64) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count)
        for unit in ["KiB", "MiB", "GiB"] {
            value /= 1024
            if value < 1023.95 { return String(format: "%.1f ", value) + unit }
        }
        return String(format: "%.1f TiB", value / 1024)
    }

    /// `850 ms`, `12.3 s`, `4m05s`, `2h07m`, `3d04h`.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "?" }
        if seconds < 1 { return "\(Int((max(seconds, 0) * 1000).rounded())) ms" }
        if seconds < 59.95 { return String(format: "%.1f s", seconds) }
        let whole = Int(min(seconds, 1e12).rounded())
        if whole < 3600 { return String(format: "%dm%02ds", whole / 60, whole % 60) }
        if whole < 86400 { return String(format: "%dh%02dm", whole / 3600, whole % 3600 / 60) }
        return String(format: "%dd%02dh", whole / 86400, whole % 86400 / 3600)
    }

    /// Local time to the minute: `2026-11-23 17:39`.
    package static func time(_ date: Date, zone: TimeZone = .current) -> String {
        let parts = calendar(zone).dateComponents(
            [.year, .month, .day, .hour, .minute], from: date)
        return String(
            format: "%04d-%02d-%02d %02d:%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0,
            parts.hour ?? 0, parts.minute ?? 0)
    }

    /// Local time of day to the second.
    package static func clock(_ date: Date, zone: TimeZone = .current) -> String {
        let parts = calendar(zone).dateComponents([.hour, .minute, .second], from: date)
        return String(
            format: "%02d:%02d:%02d", parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0)
    }

    /// Twelve digits tell checkpoints apart; whoever needs all takes `--json`.
    package static func id(_ id: String?) -> String {
        id.map { String($0.prefix(12)) } ?? "base"
    }

    /// Sixteen digits in groups tell hosts apart; `attunectl peer show` prints the whole fingerprint.
    package static func host(_ id: String) -> String { HostID(id)?.short ?? id }

    /// One line of at most `width` characters: white space folded, the rest cut, control characters shown.
    package static func excerpt(_ text: String, width: Int) -> String {
        let folded = printable(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
        return folded.count > width ? folded.prefix(width - 1) + "…" : folded
    }

    /// The text with escape sequences made harmless: a model's answer must not move the cursor.
    package static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    let isControl = scalar.properties.generalCategory == .control
                    return isControl && scalar != "\n" && scalar != "\t" ? "\u{FFFD}" : scalar
                }))
    }

    private static func calendar(_ zone: TimeZone) -> Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar
    }
}
