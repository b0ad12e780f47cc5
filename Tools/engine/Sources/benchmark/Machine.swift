import COpenBLAS
import Dispatch
import Foundation

/// What this machine can do at most, measured in the same run as the engine.
struct Machine {
    let threads: Int

    /// Times a piece of work: one run to warm up, then the median of `repeats`, in seconds.
    static func median(of repeats: Int, _ body: () throws -> Void) rethrows -> Double {
        try body()
        let clock = ContinuousClock()
        var times: [Double] = []
        for _ in 0..<repeats {
            times.append(try clock.measure(body).inSeconds)
        }
        return times.isEmpty ? .nan : times.sorted()[times.count / 2]
    }

    /// The rate of float32 products of 1024³, every thread with its own, in GFLOP/s.
    func sgemmPeak() -> Double {
        let size = 1024
        let count = size * size
        let matrices = (0..<3 * threads).map { _ in
            let matrix = UnsafeMutablePointer<Float>.allocate(capacity: count)
            matrix.update(repeating: 0.5, count: count)
            return Matrix(base: matrix)
        }
        defer { for matrix in matrices { matrix.base.deallocate() } }
        openblas_set_num_threads(1)
        let seconds = Self.median(of: 5) {
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                let n = Int32(size)
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1,
                    matrices[3 * thread].base, n, matrices[3 * thread + 1].base, n, 0,
                    matrices[3 * thread + 2].base, n)
            }
        }
        return Double(threads) * 2 * pow(Double(size), 3) / seconds * 1e-9
    }

    /// The rate at which all threads together read memory that no cache holds, in GB/s.
    func memoryBandwidth() -> Double {
        let count = 32 << 20
        let memory = Matrix(base: .allocate(capacity: count * threads))
        defer { memory.base.deallocate() }
        memory.base.update(repeating: 1, count: count * threads)
        let seconds = Self.median(of: 5) {
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                let values = UnsafeRawPointer(memory.base + thread * count)
                    .assumingMemoryBound(to: SIMD16<UInt32>.self)
                var sum = SIMD16<UInt32>(repeating: 0)
                for index in 0..<count / 16 { sum &+= values[index] }
                precondition(sum[0] != 1)
            }
        }
        return Double(threads * count * MemoryLayout<Float>.stride) / seconds * 1e-9
    }

    private struct Matrix: @unchecked Sendable {  // each thread has its own
        let base: UnsafeMutablePointer<Float>
    }
}

/// The resident memory of this process.
enum ResidentMemory {
    /// Makes the peak start again from what is resident now.
    static func resetPeak() {
        try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
    }

    /// MiB since the last reset.
    static var peak: Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Double($0) }
        return (kibibytes ?? .nan) / 1024
    }
}
