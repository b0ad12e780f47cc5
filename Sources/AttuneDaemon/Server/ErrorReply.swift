import ControlAPI
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Answers that say why a request failed.
enum ErrorReply {
    static func response(for error: any Error, logger: Logger) -> Response {
        let failure = ControlError(describing: error)
        if failure.kind == .internalError {
            logger.error("Request failed", metadata: ["reason": "\(error)"])
        }
        return response(failure)
    }

    static func forbidden(_ peer: PeerCredentials) -> Response {
        response(
            ControlError(
                .forbidden,
                "cannot use this daemon as uid \(peer.user): it serves its own user, root and its"
                    + " configured group; ask its owner to set `group`"))
    }

    static func response(_ failure: ControlError) -> Response {
        let body = try? ControlProtocol.encoder().encode(ErrorBody(error: failure))
        return Response(
            status: .init(code: failure.kind.httpStatus),
            headers: [
                .contentType: ControlAPI.MediaType.json.rawValue,
                .controlProtocolVersion: "\(ControlProtocol.version)",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body ?? Data())))
    }
}

extension HTTPField.Name {
    /// The header that states the control protocol's version.
    static let controlProtocolVersion = HTTPField.Name(ControlProtocol.versionHeader)!
}
