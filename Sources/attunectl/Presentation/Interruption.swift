import ControlAPI
import Dispatch
import Foundation
import Synchronization

/// Ctrl-C and polite kills: the running command is cancelled, files it made for itself are removed, exit code 130.
enum Interruption {
    private struct State {
        var handlers: [@Sendable () -> Void] = []
        var cleanUps: [Int: @Sendable () -> Void] = [:]
        var nextCleanUp = 0
        var sources: [any DispatchSourceSignal] = []
    }

    private static let state = Mutex(State())

    /// How long a cancelled command has to end by itself: reading the terminal, for one, cannot be cancelled.
    private static let grace = DispatchTimeInterval.milliseconds(500)

    static func install(_ handler: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.handlers = [
                {
                    handler()
                    DispatchQueue.global().asyncAfter(deadline: .now() + grace) {
                        Terminal.exit(.interrupted)
                    }
                }
            ]
            state.sources = [SIGINT, SIGTERM, SIGHUP].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { fire() }
                source.resume()
                return source
            }
        }
    }

    private static func fire() {
        state.withLock { $0.handlers.last }?()
    }

    /// Runs `body` with Ctrl-C meaning `handler` and nothing else.
    static func handling<Result>(
        with handler: @escaping @Sendable () -> Void, _ body: () async throws -> Result
    ) async rethrows -> Result {
        state.withLock { $0.handlers.append(handler) }
        defer { state.withLock { _ = $0.handlers.removeLast() } }
        return try await body()
    }

    /// Has `body` run however the tool ends; the returned number takes it back.
    static func atExit(_ body: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.nextCleanUp += 1
            state.cleanUps[state.nextCleanUp] = body
            return state.nextCleanUp
        }
    }

    static func forget(_ number: Int) {
        state.withLock { _ = $0.cleanUps.removeValue(forKey: number) }
    }

    static func cleanUp() {
        let bodies = state.withLock { state in
            defer { state.cleanUps = [:] }
            return Array(state.cleanUps.values)
        }
        for body in bodies { body() }
    }
}
