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
            let ids = try await call.input().ids
            guard ids.count <= ObjectList.maximumCount else {
                throw ControlError(
                    .tooLarge,
                    "cannot look for \(ids.count) objects at once: ask about at most"
                        + " \(ObjectList.maximumCount)")
            }
            return try .value(ObjectList(ids: repository.missing(of: ids)))
        }
        serve(ControlRoutes.listHeads) { call in
            let losses = try await call.input().losses ?? false
            let library = daemon.checkpoints
            return try await .value(store.perform { _ in try library.heads(withLosses: losses) })
        }
        serve(ControlRoutes.putHead) { call in
            let head = try await call.input().head
            guard head.host.description == call.parameter else {
                throw ControlError(
                    .invalidRequest,
                    "cannot take the head: it is of host \(head.host.short), not of the one in the"
                        + " path")
            }
            let library = daemon.checkpoints
            let own = library.key.id
            _ = try await store.perform { _ in
                // Of the own head only a later one is news: from a time before the state was lost.
                let known = head.host == own ? try repository.heads.head(of: own)?.counter : nil
                if head.host == own, head.counter <= known ?? 0 { return }
                let isExpected =
                    try head.host == own || library.hosts(of: store.peers()).contains(head.host)
                try repository.receiveHead(head, isExpected: isExpected)
            }
            return .done
        }
    }
}

extension CheckpointLibrary {
    /// The heads known here, the own one first, and which checkpoints on record are not here whole.
    fileprivate func heads(withLosses: Bool) throws -> HeadsReport {
        let heads = try repository.heads.all()
        var report = HeadsReport(
            host: key.id,
            heads: heads.filter { $0.host == key.id } + heads.filter { $0.host != key.id },
            keyRecords: try repository.heads.keys.all().records)
        guard withLosses else { return report }
        let known = try store.checkpoints().map {
            (id: try ObjectID(validating: $0.id), isCollected: $0.collectedAt != nil)
        }
        // Of a collected one the manifest stays; a damaged one is fetched as a whole.
        let collected = known.filter { known in
            known.isCollected && (try? repository.manifest(of: known.id)) != nil
        }.map(\.id)
        report.collected = collected
        report.incomplete = repository.objects.incomplete(
            among: known.map(\.id).filter { !collected.contains($0) })
        return report
    }
}
