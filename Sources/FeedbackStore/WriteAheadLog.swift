import Foundation

/// Looks over SQLite's write-ahead log before SQLite does.
///
/// SQLite replays a log up to the first frame whose checksum is wrong and silently drops the rest.
/// After a crash that is right: the rest is a transaction that was never acknowledged, and after a
/// power cut any of its frames may be torn, the last one whole. After damage it would lose
/// acknowledged transactions. The two are told apart by what follows: a transaction is begun only
/// after the one before it is safely on disk, so where a frame continues the log after a commit,
/// nothing up to that commit can be a torn write. Checksums are chained, so a frame says itself
/// whether it continues the one before it; frames left over from an earlier use of the same place
/// do not.
///
/// - Edge cases: damage within the very last transaction looks like a torn write and passes; that
///   transaction is dropped as a whole.
/// - Source: the "WAL file format" section of SQLite's file format document.
enum WriteAheadLog {
    private static let headerSize = 32
    private static let frameHeaderSize = 24

    /// - Errors: `StoreError.damaged`; `StoreError.cannotOpen` when the log cannot be read.
    static func check(database path: String) throws {
        let log = path + "-wal"
        guard FileManager.default.fileExists(atPath: log) else { return }
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: log), options: .alwaysMapped)
        } catch {
            throw StoreError.cannotOpen(path: log, detail: "\(error)")
        }
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        if bytes.count > headerSize, size ?? 0 == 0 {
            throw StoreError.damaged(path: path, problems: ["only its write-ahead log is there"])
        }
        if let problem = bytes.withUnsafeBytes(problem) {
            throw StoreError.damaged(path: path, problems: ["its write-ahead log \(problem)"])
        }
    }

    /// What is wrong with a log, or nil.
    static func problem(in log: UnsafeRawBufferPointer) -> String? {
        guard log.count >= headerSize else { return nil }
        func word(_ offset: Int) -> UInt32 {
            UInt32(bigEndian: log.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        let magic = word(0)
        guard magic & ~1 == 0x377f_0682 else { return "has a damaged header" }
        let isBigEndian = magic & 1 == 1
        let header = Checksum(seed: .zero, log[..<24], isBigEndian: isBigEndian)
        guard header == Checksum(word(24), word(28)) else { return "has a damaged header" }
        let pageSize = Int(word(8))
        guard (512...65536).contains(pageSize), pageSize.nonzeroBitCount == 1 else {
            return "has a damaged header"
        }
        let frameSize = frameHeaderSize + pageSize
        // What the next frame may continue: as stored and, after a bad frame, as computed.
        var seeds = [header]
        var firstBad: Int?
        var hasCommitted = false
        for frame in 0..<(log.count - headerSize) / frameSize {
            let start = headerSize + frame * frameSize
            let stored = Checksum(word(start + 16), word(start + 20))
            // Frames of an earlier generation, left in a log that was begun anew.
            let isCurrent = word(start + 8) == word(16) && word(start + 12) == word(20)
            let computed = seeds.map { seed in
                Checksum(
                    seed: Checksum(seed: seed, log[start..<start + 8], isBigEndian: isBigEndian),
                    log[start + frameHeaderSize..<start + frameSize], isBigEndian: isBigEndian)
            }
            let continues = isCurrent && computed.contains(stored)
            if continues, let firstBad, hasCommitted {
                return "is damaged at frame \(firstBad) of \(frame + 1) or more"
            }
            if firstBad == nil, !continues { firstBad = frame }
            hasCommitted = firstBad != nil && word(start + 4) != 0
            seeds = continues ? [stored] : [stored, computed[0]]
        }
        return nil
    }

    /// The log's running checksum: two sums that weave through the words, eight bytes at a time.
    private struct Checksum: Equatable {
        static let zero = Checksum(0, 0)
        var first: UInt32
        var second: UInt32

        init(_ first: UInt32, _ second: UInt32) {
            self.first = first
            self.second = second
        }

        init(seed: Checksum, _ bytes: Slice<UnsafeRawBufferPointer>, isBigEndian: Bool) {
            self = seed
            for offset in stride(from: bytes.startIndex, to: bytes.endIndex, by: 8) {
                let a = bytes.base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                let b = bytes.base.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                first &+= (isBigEndian ? UInt32(bigEndian: a) : UInt32(littleEndian: a)) &+ second
                second &+= (isBigEndian ? UInt32(bigEndian: b) : UInt32(littleEndian: b)) &+ first
            }
        }
    }
}
