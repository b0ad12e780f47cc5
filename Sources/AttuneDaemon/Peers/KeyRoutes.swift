import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import Logging

extension RouteTable {
    /// `/v1/key…`, `/v1/keys…`
    mutating func serveKeys(_ daemon: Daemon) {
        let library = daemon.checkpoints
        let store = daemon.store
        serve(ControlRoutes.showKey) { _ in
            try await .value(store.perform { _ in try library.keyReport() })
        }
        serve(ControlRoutes.rotateKey) { _ in
            let change = try await store.perform { _ in try library.rotateKey() }
            daemon.announce([Event(change)])
            return try .value(change)
        }
        serve(ControlRoutes.revokeKey) { _ in
            let change = try await store.perform { _ in try library.revokeKey() }
            daemon.announce([Event(change)])
            return try .value(change)
        }
        serve(ControlRoutes.makeRevocation) { _ in
            try await .value(
                store.perform { _ in
                    KeyRecordDelivery(record: try library.identity.revocation())
                })
        }
        serve(ControlRoutes.putKeyRecord) { call in
            let record = try await call.input().record
            guard record.host.description == call.parameter else {
                throw ControlError(
                    .invalidRequest,
                    "cannot take what is said of a key: it is of host \(record.host.short), not of the"
                        + " one in the path")
            }
            daemon.announce(try await store.perform { _ in try library.take(record) })
            return .done
        }
    }
}

extension Daemon {
    /// Tells what has become of keys to those who watch, and to the log.
    fileprivate func announce(_ keyEvents: [Event]) {
        for event in keyEvents {
            events.publish(event)
            logger.notice("\(event.message)", metadata: ["host": "\(event.subject ?? "")"])
        }
    }
}

extension Event {
    fileprivate init(_ change: KeyChange) {
        self.init(
            kind: change.revoked ? .keyRevoked : .keyChanged, at: Date(),
            message: "This host was \(change.before.short) and is \(change.host.short) now"
                + (change.revoked
                    ? "; its old key is void, and others have to trust it anew"
                    : "; who trusts it goes on to with the next sync"),
            subject: change.host.description)
    }
}
