import Foundation

/// This process's memory as the kernel counts it, in bytes; zero where it does not say.
struct ProcessMemory: Sendable {
    var resident: Int64 = 0
    var peak: Int64 = 0

    static var current: ProcessMemory {
        var memory = ProcessMemory()
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
            return memory
        }
        for line in text.split(separator: "\n") {
            if line.hasPrefix("VmRSS:") { memory.resident = kibibytes(line) << 10 }
            if line.hasPrefix("VmHWM:") { memory.peak = kibibytes(line) << 10 }
        }
        return memory
    }

    /// `VmRSS:     1234 kB`
    private static func kibibytes(_ line: Substring) -> Int64 {
        line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int64($0) } ?? 0
    }
}
