import CheckpointStore
import ControlAPI
import FeedbackStore

extension RouteTable {
    /// `/v1/peers…`
    mutating func servePeers(_ daemon: Daemon) {
        let registry = PeerRegistry(checkpoints: daemon.checkpoints)
        let store = daemon.store
        serve(ControlRoutes.listPeers) { _ in
            try await .value(store.perform { _ in try registry.list() })
        }
        serve(ControlRoutes.addPeer) { call in
            let addition = try await call.input()
            return try await .value(store.perform { _ in try registry.add(addition) })
        }
        serve(ControlRoutes.contactPeer) { call in
            let host = try await call.input().host
            return try await .value(
                store.perform { _ in try registry.record(host, as: call.parameter) })
        }
        serve(ControlRoutes.trustPeer) { call in
            let trust = try await call.input()
            return try await .value(
                store.perform { _ in
                    try registry.trust(call.parameter, fingerprint: trust.fingerprint)
                })
        }
        serve(ControlRoutes.shareFeedback) { call in
            let isShared = try await call.input().shared
            return try await .value(
                store.perform { _ in try registry.share(isShared, with: call.parameter) })
        }
        serve(ControlRoutes.removePeer) { call in
            try await .value(store.perform { _ in try registry.remove(call.parameter) })
        }
    }
}
