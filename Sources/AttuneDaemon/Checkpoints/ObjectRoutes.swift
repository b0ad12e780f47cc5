import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore

extension RouteTable {
    /// `/v1/objects…`, `/v1/heads…`: what sync moves. Nothing here activates anything.
    mutating func serveObjects(_ daemon: Daemon) {
        let repository = daemon.checkpoints.repository
        let store = daemon.store
        serve(ControlRoutes.getObject) { call in
            let id = try ObjectID(validating: call.parameter)
            let size = try repository.objects.size(of: id)
            let offset = try await call.input().offset ?? 0
            guard (0...size).contains(offset) else {
                throw ControlError(
                    .invalidRequest,
                    "cannot send object \(id.short) from byte \(offset): it has \(size)")
            }
            // A damaged object is told by an answer, not by an answer that breaks off.
            try repository.objects.verify(id)
            let body = try repository.objects.stream(of: id, from: offset)
            return .bytes(count: size - offset, body.map { ByteBuffer(bytes: $0) })
        }
        serve(ControlRoutes.hasObject) { call in
            let id = try ObjectID(validating: call.parameter)
            guard repository.objects.contains(id) else {
                throw CheckpointError.objectMissing(id, place: "this host")
            }
            return .done
        }
        serve(ControlRoutes.receivedBytes) { call in
            let id = try ObjectID(validating: call.parameter)
            return try .value(ReceivedBytes(bytes: repository.received(of: id)))
        }
        serve(ControlRoutes.putObject) { call in
            let id = try ObjectID(validating: call.parameter)
            let headers = call.request.headers
            guard
                let length = headers[.contentLength].flatMap({ Int($0) }),
                (0...ControlProtocol.objectBodyLimit).contains(length)
            else {
                throw ControlError(
                    .tooLarge,
                    "cannot take object \(id.short): state a Content-Length of at most"
                        + " \(ControlProtocol.objectBodyLimit)")
            }
            var range = ContentRange(offset: 0, size: length)
            if let header = headers[.contentRange] {
                guard let rest = ContentRange(header), rest.size - rest.offset == length else {
                    throw ControlError(
                        .invalidRequest,
                        "cannot take object \(id.short): Content-Range must be the rest of it, as long as"
                            + " the body")
                }
                range = rest
            }
            // All of it: the beginning may have to be copied.
            try call.rights.spend(range.size)
            let writer = try repository.receive(id, size: range.size, from: range.offset)
            for try await chunk in call.body { try writer.append(Data(chunk.readableBytesView)) }
            try writer.finish()
            return .done
        }
        serve(ControlRoutes.missingObjects) { call in
            try await .value(ObjectList(ids: repository.missing(of: call.input().ids)))
        }
        serve(ControlRoutes.listHeads) { _ in
            let own = daemon.checkpoints.key.id
            let heads = try await store.perform { _ in try repository.heads.all() }
            let sorted = heads.filter { $0.host == own } + heads.filter { $0.host != own }
            return try .value(HeadsReport(host: own, heads: sorted))
        }
        serve(ControlRoutes.putHead) { call in
            let head = try await call.input().head
            guard head.host.description == call.parameter else {
                throw ControlError(
                    .invalidRequest,
                    "cannot take the head: it is of host \(head.host.short), not of the one in the"
                        + " path")
            }
            guard head.host != daemon.checkpoints.key.id else { return .done }
            _ = try await store.perform { _ in try repository.receiveHead(head) }
            return .done
        }
    }
}
