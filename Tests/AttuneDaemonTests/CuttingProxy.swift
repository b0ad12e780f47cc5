import AttuneDaemon
import Foundation
import Synchronization

/// A socket that leads to another one until so many bytes have gone one way; from then on nothing goes either way, on
/// this connection or a new one, as when a cable is cut or a host is switched off.
final class CuttingProxy: Sendable {
    enum Direction: CaseIterable, Sendable { case toDaemon, fromDaemon }

    let path: String
    private let destination: String
    private let listener: CInt
    private let state: Mutex<State>

    private struct State {
        var passed: [Direction: Int] = [.toDaemon: 0, .fromDaemon: 0]
        var cut: (direction: Direction, after: Int)?
        var isCut = false
        var sockets: Set<CInt> = []
    }

    init(to destination: String, at path: String) throws {
        self.path = path
        self.destination = destination
        listener = try ListeningSocket(binding: path, group: nil).descriptor
        state = Mutex(State())
        let accept = { @Sendable [listener] in Foundation.accept(listener, nil, nil) }
        Thread.detachNewThread { [weak self] in
            while case let client = accept(), client >= 0 {
                guard let self else { return _ = close(client) }
                serve(client)
            }
        }
    }

    deinit {
        shutdown(listener, CInt(SHUT_RDWR))
        close(listener)
        unlink(path)
    }

    /// How many bytes went each way since the last ``begin(cutting:after:)``.
    var passed: [Direction: Int] { state.withLock { $0.passed } }

    /// Counts anew, and cuts after so many bytes if so said.
    func begin(cutting direction: Direction? = nil, after bytes: Int = 0) {
        state.withLock { state in
            state.passed = [.toDaemon: 0, .fromDaemon: 0]
            state.cut = direction.map { ($0, bytes) }
            state.isCut = false
        }
    }

    private func serve(_ client: CInt) {
        guard !state.withLock({ $0.isCut }), let daemon = try? RawRequest.connect(to: destination)
        else {
            close(client)
            return
        }
        state.withLock { $0.sockets.formUnion([client, daemon]) }
        let open = Mutex(2)
        for (source, sink, direction) in [
            (client, daemon, Direction.toDaemon), (daemon, client, .fromDaemon),
        ] {
            Thread.detachNewThread { [self] in
                copy(source, sink, direction)
                shutdown(sink, CInt(SHUT_WR))
                let isLast = open.withLock { open in
                    open -= 1
                    return open == 0
                }
                guard isLast else { return }
                state.withLock { $0.sockets.subtract([client, daemon]) }
                close(client)
                close(daemon)
            }
        }
    }

    private func copy(_ source: CInt, _ sink: CInt, _ direction: Direction) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { return }
            let allowed = state.withLock { state in
                guard !state.isCut else { return 0 }
                var allowed = count
                if let cut = state.cut, cut.direction == direction {
                    allowed = min(count, cut.after - state.passed[direction, default: 0])
                    state.isCut = allowed < count
                }
                state.passed[direction, default: 0] += allowed
                return allowed
            }
            RawRequest.send(Array(buffer[..<allowed]), to: sink)
            if allowed < count {
                state.withLock { state in
                    for socket in state.sockets { shutdown(socket, CInt(SHUT_RDWR)) }
                }
                return
            }
        }
    }

}
