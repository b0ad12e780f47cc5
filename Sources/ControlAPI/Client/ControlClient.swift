import AsyncHTTPClient
public import CheckpointStore
public import Foundation
import NIOCore
import NIOHTTP1

/// Talks to one daemon over its Unix socket.
///
/// Every failure is a ``ControlError`` (kind `unreachable` when nobody answers), a `CancellationError`, or what kept the
/// body of an upload from being read.
public struct ControlClient: Sendable {
    let server: ServerName

    /// A client of the daemon that listens at `socketPath`.
    ///
    /// - Parameter address: What messages call the daemon, if its socket is only a bridge to another host.
    public init(socketPath: String, address: String? = nil) {
        server = ServerName(
            socketPath: socketPath, address: address ?? socketPath, isLocal: address == nil)
    }

    // MARK: One JSON value

    public func send<Output: JSONBody>(
        _ endpoint: Endpoint<Nothing, Output>, at parameter: String? = nil
    ) async throws -> Output {
        try await value(of: exchange(endpoint.route, parameter))
    }

    public func send<Input: JSONBody, Output: JSONBody>(
        _ endpoint: Endpoint<Input, Output>, _ input: Input, at parameter: String? = nil
    ) async throws -> Output {
        try await value(of: exchange(endpoint.route, parameter, input))
    }

    public func send<Input: JSONBody>(
        _ endpoint: Endpoint<Input, Nothing>, _ input: Input, at parameter: String? = nil
    ) async throws {
        try await drain(exchange(endpoint.route, parameter, input))
    }

    // MARK: Lines

    public func lines<Line>(
        _ endpoint: Endpoint<Nothing, JSONLines<Line>>, at parameter: String? = nil
    ) async throws -> LineStream<Line> {
        let response = try await exchange(endpoint.route, parameter, deadline: .distantFuture)
        return LineStream(body: response.body, server: server)
    }

    public func lines<Input: JSONBody, Line>(
        _ endpoint: Endpoint<Input, JSONLines<Line>>, _ input: Input, at parameter: String? = nil
    ) async throws -> LineStream<Line> {
        let response = try await exchange(
            endpoint.route, parameter, input, deadline: .distantFuture)
        return LineStream(body: response.body, server: server)
    }

    // MARK: Bytes

    /// Hands on the bytes of an answer as they arrive.
    public func download<Input: JSONBody>(
        _ endpoint: Endpoint<Input, LineFile>, _ input: Input,
        chunk: (Data) throws -> Void
    ) async throws {
        try await receive(exchange(endpoint.route, nil, input, deadline: .distantFuture), chunk)
    }

    /// The bytes of an object as they arrive; whoever takes them checks the hash.
    public func download(object id: ObjectID, from offset: Int = 0) async throws -> ObjectBody {
        let query = ObjectQuery(offset: offset == 0 ? nil : offset)
        let response = try await exchange(
            ControlRoutes.getObject.route, id.hex, query, deadline: .distantFuture)
        let pieces = PieceReader(response.body, server)
        return ObjectBody(unfolding: pieces.next)
    }

    public func has(object id: ObjectID) async throws -> Bool {
        do {
            try await drain(exchange(ControlRoutes.hasObject.route, id.hex))
            return true
        } catch let error as ControlError where error.kind == .notFound {
            return false
        }
    }

    /// Hands over an object in pieces, so that it never stands in memory as a whole.
    ///
    /// - Parameter offset: How many bytes are there already; the body has the rest.
    public func upload(
        object id: ObjectID, size: Int, from offset: Int = 0, body: ObjectBody
    ) async throws {
        let pieces = body.map { ByteBuffer(bytes: $0) }
        try await deliver(
            ControlRoutes.putObject.route, id.hex,
            .stream(pieces, length: .known(Int64(size - offset))),
            range: offset > 0 ? ContentRange(offset: offset, size: size) : nil)
    }

    /// Asks whether a checkpoint with this manifest could be admitted.
    public func inspect(manifest: Data) async throws {
        try await deliver(
            ControlRoutes.inspectCheckpoint.route, nil, .bytes(ByteBuffer(bytes: manifest)))
    }

    private func deliver(
        _ route: Route, _ parameter: String?, _ body: HTTPClientRequest.Body,
        range: ContentRange? = nil
    ) async throws {
        var request = request(route, parameter)
        if let range { request.headers.replaceOrAdd(name: "content-range", value: "\(range)") }
        request.headers.replaceOrAdd(name: "content-type", value: MediaType.bytes.rawValue)
        request.body = body
        try await drain(perform(request, deadline: .distantFuture))
    }
}

extension ControlClient {
    /// One for the process, never shut down; a daemon that does not listen is told at once, not after retries.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        // Also the wait for a connection while all are in use, which a busy machine makes long.
        configuration.timeout.connect = .seconds(60)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// How long an answer of one value may take; only a `verify` of much data comes near it.
    private static let patience = TimeAmount.minutes(10)

    private func exchange(
        _ route: Route, _ parameter: String?, deadline: NIODeadline = .now() + patience
    ) async throws -> HTTPClientResponse {
        try await perform(request(route, parameter), deadline: deadline)
    }

    private func exchange(
        _ route: Route, _ parameter: String?, _ input: some JSONBody,
        deadline: NIODeadline = .now() + patience
    ) async throws -> HTTPClientResponse {
        if route.method == .get {
            let request = request(route, parameter, query: try queryItems(of: input))
            return try await perform(request, deadline: deadline)
        }
        var request = request(route, parameter)
        request.headers.replaceOrAdd(name: "content-type", value: MediaType.json.rawValue)
        request.body = .bytes(ByteBuffer(bytes: try ControlProtocol.encoder().encode(input)))
        return try await perform(request, deadline: deadline)
    }

    private func request(
        _ route: Route, _ parameter: String?, query: [(key: String, value: String)] = []
    ) -> HTTPClientRequest {
        let target = route.target(parameter: parameter, query: query)
        let url = URL(httpURLWithSocketPath: server.socketPath, uri: target)
        var request = HTTPClientRequest(url: url?.absoluteString ?? "")
        request.method = HTTPMethod(rawValue: route.method.rawValue)
        request.headers.add(
            name: ControlProtocol.versionHeader, value: String(ControlProtocol.version))
        return request
    }

    /// Sends a request and returns the answer if its status is a success; throws what it says otherwise.
    private func perform(
        _ request: HTTPClientRequest, deadline: NIODeadline
    ) async throws -> HTTPClientResponse {
        guard server.socketPath.utf8.count <= 107 else {
            throw server.unreachable("the path of a Unix socket has at most 107 bytes")
        }
        let response: HTTPClientResponse
        do {
            response = try await Self.http.execute(request, deadline: deadline)
        } catch {
            throw server.failure(error)
        }
        if let version = response.headers.first(name: ControlProtocol.versionHeader),
            version != String(ControlProtocol.version)
        {
            throw ControlError(
                .versionMismatch,
                "cannot talk to the daemon at \(server.address): it speaks version \(version) of the "
                    + "control protocol and this attunectl version \(ControlProtocol.version); "
                    + "install the same release on both sides")
        }
        guard (200..<300).contains(response.status.code) else {
            throw await refusal(response, request)
        }
        return response
    }

    private func refusal(_ response: HTTPClientResponse, _ request: HTTPClientRequest) async
        -> ControlError
    {
        let bytes = try? await response.body.collect(upTo: 1 << 20)
        if let bytes,
            let body = try? ControlProtocol.decoder().decode(
                ErrorBody.self, from: Data(bytes.readableBytesView))
        {
            return body.error
        }
        let kind =
            ErrorKind.allCases.first { $0.httpStatus == Int(response.status.code) }
            ?? .internalError
        return ControlError(
            kind,
            "cannot do \(request.method.rawValue) \(URL(string: request.url)?.path ?? ""): "
                + "\(server.address) answered \(response.status)")
    }

    private func value<Output: JSONBody>(of response: HTTPClientResponse) async throws -> Output {
        let bytes: ByteBuffer
        do {
            bytes = try await response.body.collect(upTo: ControlProtocol.jsonBodyLimit)
        } catch {
            throw server.failure(error)
        }
        do {
            return try ControlProtocol.decoder().decode(
                Output.self, from: Data(bytes.readableBytesView))
        } catch {
            throw server.nonsense("\(error)")
        }
    }

    private func drain(_ response: HTTPClientResponse) async throws {
        try await receive(response) { _ in }
    }

    private func receive(
        _ response: HTTPClientResponse, _ chunk: (Data) throws -> Void
    ) async throws {
        var chunks = response.body.makeAsyncIterator()
        while true {
            let next: ByteBuffer?
            do {
                next = try await chunks.next()
            } catch {
                throw server.failure(error)
            }
            guard let next else { return }
            try chunk(Data(next.readableBytesView))
        }
    }
}
