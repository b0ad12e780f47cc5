import Foundation
import Testing

/// The units as systemd's own analyser reads them.
@Suite struct UnitFileTests {
    private static let units = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Systemd")

    private func analyze(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let words = (["systemd-analyze"] + arguments).map { "'\($0)'" }
        let stream = try #require(popen(words.joined(separator: " ") + " 2>&1", "r"))
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 {
            output += buffer[..<count]
        }
        return (pclose(stream), String(decoding: output, as: UTF8.self))
    }

    /// 5 is an exposure of 0.5 on systemd's scale from 0 to 10, ten times.
    @Test func exposureIsAtMostOneHalf() throws {
        let unit = Self.units.appendingPathComponent("attuned.service").path
        let (status, output) = try analyze(["security", "--offline=yes", "--threshold=5", unit])
        #expect(status == 0, "\(output.suffix(200))")
    }

    /// The program need not be installed where a test runs, so another stands in for it.
    @Test(arguments: ["attuned.service", "attuned.socket", "user/attuned.service"])
    func unitsHoldNothingSystemdDoesNotKnow(name: String) throws {
        let folder = NSTemporaryDirectory() + "attune-units-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let file = Self.units.appendingPathComponent(name)
        for unit in Set(["attuned.service", "attuned.socket", file.lastPathComponent]) {
            let source =
                unit == file.lastPathComponent ? file : Self.units.appendingPathComponent(unit)
            let text = try String(contentsOf: source, encoding: .utf8)
                .replacingOccurrences(of: "/usr/bin/attuned run", with: "/bin/true")
                .replacing(/Documentation=.*/, with: "")
            try text.write(toFile: "\(folder)/\(unit)", atomically: true, encoding: .utf8)
        }
        let (_, output) = try analyze([
            "--recursive-errors=no", "verify", "\(folder)/\(file.lastPathComponent)",
        ])
        let complaints = output.split(separator: "\n").filter { $0.contains("attuned.") }
        #expect(complaints.isEmpty, "\(output)")
    }

    @Test func peerCredentialsAreNotMappedAway() throws {
        let text = try String(
            contentsOf: Self.units.appendingPathComponent("attuned.service"), encoding: .utf8)
        #expect(!text.contains("\nPrivateUsers="))
    }
}
