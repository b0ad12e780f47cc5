import CheckpointStore
import Foundation
import Synchronization

/// Records every step on disk and, if told, fails one of them.
final class FaultInjector: Sendable {
    enum Mode: CaseIterable, Sendable {
        /// One step fails, as on a full disk; the program goes on and cleans up.
        case error
        /// The process dies at the step: no later one happens either, cleaning up included.
        case crash
    }

    private let recorded = Mutex<[FileOperation]>([])
    private let failing: (step: Int, mode: Mode)?

    init(failing: (step: Int, mode: Mode)? = nil) { self.failing = failing }

    var operations: [FileOperation] { recorded.withLock { $0 } }

    var fileSystem: FileSystem {
        FileSystem { [self] operation in
            let step = recorded.withLock { operations in
                operations.append(operation)
                return operations.count - 1
            }
            guard let failing else { return }
            if step == failing.step || (failing.mode == .crash && step > failing.step) {
                throw CheckpointError.fileOperation("write", path: "disk", code: ENOSPC)
            }
        }
    }
}
