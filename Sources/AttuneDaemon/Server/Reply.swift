package import ControlAPI
import Foundation
import HTTPTypes
package import Hummingbird
package import NIOCore

/// An endpoint's answer, made by the factory that fits its output.
package struct Reply<Output: WireForm>: Sendable {
    package let response: Response
}

extension Reply where Output: JSONBody {
    package static func value(_ value: Output) throws -> Reply {
        let data = try ControlProtocol.encoder().encode(value)
        return Reply(
            response: .attune(.json, ResponseBody(byteBuffer: ByteBuffer(bytes: data))))
    }
}

extension Reply where Output == Nothing {
    package static var done: Reply { Reply(response: .attune(nil, ResponseBody())) }
}

extension Reply where Output == RawBytes {
    /// - Parameter count: the length, sent ahead of the bytes.
    package static func bytes(
        count: Int, _ chunks: some AsyncSequence<ByteBuffer, any Error> & Sendable
    ) -> Reply {
        let body = ResponseBody(contentLength: count) { writer in
            for try await chunk in chunks { try await writer.write(chunk) }
            try await writer.finish(nil)
        }
        return Reply(response: .attune(.bytes, body))
    }
}

extension Reply where Output == LineFile {
    package static func lines(
        _ chunks: some AsyncSequence<ByteBuffer, any Error> & Sendable
    ) -> Reply {
        let body = ResponseBody { writer in
            for try await chunk in chunks { try await writer.write(chunk) }
            try await writer.finish(nil)
        }
        return Reply(response: .attune(.jsonLines, body))
    }
}

extension Reply {
    /// Streams lines as they arise, until the sequence ends or the client hangs up.
    ///
    /// The connection closes afterwards, because watching for the hang-up consumes its input.
    package static func stream<Line>(
        _ lines: some AsyncSequence<Line, Never> & Sendable, to request: Request
    ) -> Reply where Output == JSONLines<Line> {
        // A body that was read already has no end left for the watching below to see, and without one
        // it traps when the client hangs up; an empty body in its place has.
        var request = request
        request.body = RequestBody(buffer: ByteBuffer())
        let input = request.body
        let body = ResponseBody { writer in
            try await input.consumeWithCancellationOnInboundClose { _ in
                let encoder = ControlProtocol.encoder()
                for await line in lines {
                    var data = try encoder.encode(line)
                    data.append(UInt8(ascii: "\n"))
                    try await writer.write(ByteBuffer(bytes: data))
                }
            }
            try await writer.finish(nil)
        }
        var response = Response.attune(.jsonLines, body)
        response.headers[.connection] = "close"
        return Reply(response: response)
    }
}

extension Response {
    fileprivate static func attune(_ type: ControlAPI.MediaType?, _ body: ResponseBody) -> Response
    {
        var headers: HTTPFields = [.controlProtocolVersion: "\(ControlProtocol.version)"]
        if let type { headers[.contentType] = type.rawValue }
        return Response(status: .ok, headers: headers, body: body)
    }
}
