import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A small HTTP server on a Unix socket that answers as a test says, and remembers what it was asked.
struct LoopbackServer: Sendable {
    struct Request: Sendable {
        var method: String
        var target: String
        var headers: [String: String]
        var body: Data
    }

    struct Answer: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        /// Sent one by one, each flushed.
        var chunks: [Data] = []
        /// Hang up in the middle of the body.
        var isCut = false

        static func json(_ text: String, status: Int = 200) -> Answer {
            Answer(status: status, chunks: [Data(text.utf8)])
        }
    }

    /// What a server was asked, in order.
    private final class Record: Sendable {
        let requests = Mutex<[Request]>([])
    }

    let path: String
    private let record: Record

    var requests: [Request] { record.requests.withLock { $0 } }

    /// Runs `body` with a server that lives as long as it.
    @discardableResult
    static func with<Result>(
        _ answer: @escaping @Sendable (Request) -> Answer,
        _ body: (LoopbackServer) async throws -> Result
    ) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "attune-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "s").path
        let record = Record()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(answer, record))
                }
            }
            .bind(unixDomainSocketPath: path).get()
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(LoopbackServer(path: path, record: record)))
        } catch {
            outcome = .failure(error)
        }
        try await channel.close()
        return try outcome.get()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let answer: @Sendable (Request) -> Answer
        private let record: Record
        private var request: Request?

        init(_ answer: @escaping @Sendable (Request) -> Answer, _ record: Record) {
            self.answer = answer
            self.record = record
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                let headers = head.headers.map { ($0.name.lowercased(), $0.value) }
                request = Request(
                    method: head.method.rawValue, target: head.uri,
                    headers: Dictionary(headers) { first, _ in first }, body: Data())
            case .body(let buffer):
                request?.body.append(contentsOf: buffer.readableBytesView)
            case .end:
                guard let request else { return }
                record.requests.withLock { $0.append(request) }
                respond(answer(request), context)
            }
        }

        private func respond(_ answer: Answer, _ context: ChannelHandlerContext) {
            let head = HTTPResponseHead(
                version: .http1_1, status: .init(statusCode: answer.status),
                headers: HTTPHeaders(answer.headers))
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            for chunk in answer.chunks {
                let body = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: chunk)))
                context.writeAndFlush(wrapOutboundOut(body), promise: nil)
            }
            if answer.isCut {
                context.close(promise: nil)
            } else {
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
