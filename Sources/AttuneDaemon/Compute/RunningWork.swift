package import ControlAPI

/// Long work whose lines are streamed to a client, and stopped when the client hangs up.
package enum RunningWork {
    /// Runs `work` in a task of its own.
    ///
    /// - Returns: the lines `work` sends, ended by a failure line if it throws.
    package static func lines<Value>(
        _ work:
            @escaping @Sendable (
                _ flag: CancellationFlag, _ send: @escaping @Sendable (StreamLine<Value>) -> Void
            ) async throws -> Void
    ) -> AsyncStream<StreamLine<Value>> {
        let flag = CancellationFlag()
        let (stream, continuation) = AsyncStream.makeStream(of: StreamLine<Value>.self)
        continuation.onTermination = { _ in flag.cancel() }
        Task {
            do {
                try await work(flag) { continuation.yield($0) }
            } catch {
                continuation.yield(.failure(ControlError(describing: error)))
            }
            continuation.finish()
        }
        return stream
    }
}
