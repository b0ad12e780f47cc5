import Foundation
import LanguageModel
import Testing

/// What opening a hostile file allocates, measured as the peak of a process that does nothing else.
@Suite struct GGUFMemoryTests {
    enum Hostile: CaseIterable {
        /// As many keys and tensors as are allowed, as small as they can be.
        case manySmallEntries
        /// The array that is cheapest on disk for what it would cost as an array of `String`.
        case manyEmptyStrings

        var image: GGUFImage {
            var image = GGUFImage()
            switch self {
            case .manySmallEntries:
                for index in 0..<16_384 { image.add(String(index, radix: 36), .uint8(0)) }
                for index in 0..<16_384 {
                    image.addTensor(
                        String(index, radix: 36), shape: [1], bytes: GGUFImage.float(Float(index)))
                }
            case .manyEmptyStrings:
                image.add("texts", .strings([String](repeating: "", count: 1 << 20)))
            }
            return image
        }
    }

    @Test(arguments: Hostile.allCases)
    func openingAllocatesAtMostTheFileSizeAnd16MiB(hostile: Hostile) async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).gguf")
        try Data(hostile.image.bytes).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        let path = url.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            let before = try #require(Self.peakKilobytes)
            let file = try GGUFFile(path: path)
            let after = try #require(Self.peakKilobytes)
            let allowed = file.byteCount / 1024 + 16 * 1024
            #expect(after - before <= allowed, "\(after - before) kB of \(allowed) kB")
        }
    }

    /// The peak resident size of this process, mapped file pages included.
    static var peakKilobytes: Int? {
        let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }
}
