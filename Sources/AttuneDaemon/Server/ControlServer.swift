import HTTPTypes
package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Serves the control protocol on listening Unix sockets until told to stop.
///
/// Hummingbird's own application cannot adopt a descriptor that systemd passed, so its HTTP/1.1
/// channel is served here on a bootstrap of our own. Credentials are read once per connection, on
/// acceptance.
///
/// On graceful shutdown the sockets stop accepting, idle connections close, running requests get
/// ``grace`` to end, then they are cancelled.
package struct ControlServer<Responder: HTTPResponder>: Service
where Responder.Context == ControlContext {
    package let sockets: [ListeningSocket]
    package let policy: AccessPolicy
    package let responder: Responder
    package let logger: Logger
    package let grace: Duration
    /// Called once every socket accepts.
    package let onReady: @Sendable () async -> Void

    package init(
        sockets: [ListeningSocket], policy: AccessPolicy, responder: Responder, logger: Logger,
        grace: Duration = .seconds(1), onReady: @escaping @Sendable () async -> Void
    ) {
        self.sockets = sockets
        self.policy = policy
        self.responder = responder
        self.logger = logger
        self.grace = grace
        self.onReady = onReady
    }

    package func run() async throws {
        let connections = OpenConnections()
        var listeners: [Listener] = []
        for socket in sockets {
            try await listeners.append(listen(on: socket))
        }
        await onReady()
        defer {
            for path in sockets.compactMap(\.ownedPath) { unlink(path) }
        }
        let channels = listeners.map(\.channel)
        try await withThrowingTaskGroup { group in
            for listener in listeners {
                group.addTask { try await serve(listener, connections) }
            }
            group.addTask {
                try? await gracefulShutdown()
                for channel in channels { channel.close(promise: nil) }
                connections.quiesce()
                // An endless stream sees the shutdown itself; what is left after the grace is cut.
                try? await Task.sleep(for: grace)
                connections.closeAll()
            }
            // Each listener ends when it accepts no more and its connections are done.
            for _ in listeners { try await group.next() }
            group.cancelAll()
        }
    }

    private struct Connection: Sendable {
        let http: HTTP1Channel
        let value: HTTP1Channel.Value
    }
    private typealias Listener = NIOAsyncChannel<Connection, Never>

    private func listen(on socket: ListeningSocket) async throws -> Listener {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(socket.descriptor) { channel in
                do {
                    let peer = try PeerCredentials(of: channel)
                    let http = HTTP1Channel(responder: respond(to: peer))
                    return http.setup(channel: channel, logger: logger)
                        .map { @Sendable value in Connection(http: http, value: value) }
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
            }
    }

    private func serve(_ listener: Listener, _ connections: OpenConnections) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await listener.executeThenClose { inbound in
                for try await connection in inbound {
                    let id = connections.insert(connection.value.channel)
                    group.addTask {
                        await connection.http.handle(value: connection.value, logger: logger)
                        connections.remove(id)
                    }
                }
            }
        }
    }

    private func respond(to peer: PeerCredentials) -> HTTP1Channel.Responder {
        let rights = ConnectionRights()
        return { request, writer, _ in
            let context = ControlContext(
                source: .init(logger: logger, peer: peer, rights: rights))
            let response: Response
            if policy.admits(peer) {
                do {
                    response = try await responder.respond(to: request, context: context)
                } catch {
                    response = ErrorReply.response(for: error, logger: logger)
                }
            } else {
                logger.notice("Refused a connection", metadata: ["uid": "\(peer.user)"])
                response = ErrorReply.forbidden(peer)
            }
            // An answer to HEAD has no body, an error's neither: the next answer would not be found.
            let body = request.method == .head ? ResponseBody() : response.body
            try await writer.write(response: response.head, body: body)
        }
    }
}

/// The connections being served, so that a shutdown can reach them.
private final class OpenConnections: Sendable {
    private struct State {
        var channels: [Int: any Channel] = [:]
        var nextID = 0
        var isQuiescing = false
    }

    private let state = Mutex(State())

    func insert(_ channel: any Channel) -> Int {
        let (id, isQuiescing) = state.withLock { state in
            state.nextID += 1
            state.channels[state.nextID] = channel
            return (state.nextID, state.isQuiescing)
        }
        if isQuiescing { Self.quiesce(channel) }
        return id
    }

    func remove(_ id: Int) {
        state.withLock { _ = $0.channels.removeValue(forKey: id) }
    }

    /// Idle connections close now, busy ones after their answer.
    func quiesce() {
        let channels = state.withLock { state in
            state.isQuiescing = true
            return Array(state.channels.values)
        }
        channels.forEach(Self.quiesce)
    }

    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) {
            channel.close(promise: nil)
        }
    }

    private static func quiesce(_ channel: any Channel) {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
}
