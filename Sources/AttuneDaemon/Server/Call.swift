package import ControlAPI
import Foundation
package import Hummingbird
import NIOCore

/// A request to an endpoint, on its way to the endpoint's handler.
package struct Call<Input: WireForm>: Sendable {
    package let peer: PeerCredentials
    package let rights: ConnectionRights
    /// The path's parameter, percent-decoded; empty for a path without one.
    package let parameter: String
    package let request: Request
}

extension Call where Input: JSONBody {
    /// The query of a GET, the body of anything else.
    ///
    /// - Errors: `invalid-request` for what does not decode, `too-large` past the limit. A missing
    ///   body counts as `{}`.
    package func input() async throws -> Input {
        if request.method == .get || request.method == .head {
            return try QueryCoding.decode(Input.self, from: request.uri.query ?? "")
        }
        let body = try await request.body.collect(upTo: ControlProtocol.jsonBodyLimit)
        let data = body.readableBytes == 0 ? Data("{}".utf8) : Data(body.readableBytesView)
        do {
            return try ControlProtocol.decoder().decode(Input.self, from: data)
        } catch let error as DecodingError {
            throw ControlError(.invalidRequest, "cannot read the request: \(error.plainReason)")
        }
    }
}

extension Call where Input == RawBytes {
    /// The body as it arrives.
    package var body: RequestBody { request.body }
}
