import CheckpointStore
import ControlAPI
import Synchronization

/// What one connection may still do. Rights only ever shrink.
package final class ConnectionRights: Sendable {
    private struct Limits {
        var role = PeerRole.full
        var quota: Int?
        var feedback = FeedbackRight.asAnybody
    }

    /// As whom feedback may be exchanged.
    private enum FeedbackRight: Equatable {
        case asAnybody
        /// By the digits of the host's fingerprint.
        case asHost(String)
        case none
    }

    private let limits = Mutex(Limits())

    package init() {}

    /// - Errors: ``ControlError`` of kind `invalid-request` for a limit that is none.
    func shrink(to new: ConnectionLimits) throws {
        guard new.quota ?? 0 >= 0 else {
            throw ControlError(.invalidRequest, "cannot set a quota below zero")
        }
        let right = try Self.right(in: new)
        limits.withLock { limits in
            limits.role = min(limits.role, new.role)
            limits.quota = [limits.quota, new.quota].compactMap(\.self).min()
            switch (limits.feedback, right) {
            case (_, .asAnybody): break
            case (.asAnybody, _): limits.feedback = right
            case (let old, _): limits.feedback = old == right ? old : .none
            }
        }
    }

    private static func right(in new: ConnectionLimits) throws -> FeedbackRight {
        guard let text = new.feedback else { return new.role == .full ? .asAnybody : .none }
        guard let digits = HostID.digits(ofFingerprint: text) else {
            throw ControlError(
                .invalidRequest, "cannot tell which host has the fingerprint \(text)")
        }
        return .asHost(digits)
    }

    /// - Errors: ``ControlError`` of kind `forbidden`.
    func require(_ role: PeerRole, feedback needsFeedback: Bool = false) throws {
        let (own, feedback) = limits.withLock { ($0.role, $0.feedback) }
        guard feedback != .none || !needsFeedback else {
            throw ControlError(
                .forbidden,
                "cannot exchange feedback over this connection: its role is \(own.rawValue), without"
                    + " `--feedback`")
        }
        guard role > own else { return }
        let remedy =
            own == .pull && role == .peer
            ? "; it may only fetch, as `attunectl sync --pull` does" : ""
        throw ControlError(
            .forbidden, "cannot do that over this connection: its role is \(own.rawValue)\(remedy)")
    }

    /// Throws unless feedback may be exchanged over this connection as a host.
    ///
    /// - Parameter predecessors: The hosts that it was before it changed its key.
    /// - Errors: ``ControlError`` of kind `forbidden`.
    func requireFeedback(as host: HostID, after predecessors: [HostID]) throws {
        let isAllowed =
            switch limits.withLock({ $0.feedback }) {
            case .asAnybody: true
            case .asHost(let digits):
                ([host] + predecessors).contains { $0.description.hasPrefix(digits) }
            case .none: false
            }
        guard !isAllowed else { return }
        throw ControlError(
            .forbidden,
            "cannot exchange feedback as host \(host.short) over this connection: its `--feedback` names"
                + " another host")
    }

    /// Takes bytes that are about to be handed over from the quota.
    ///
    /// - Errors: ``ControlError`` of kind `refused-by-policy`.
    func spend(_ bytes: Int) throws {
        try limits.withLock { limits in
            guard let quota = limits.quota else { return }
            guard bytes <= quota else {
                throw ControlError(
                    .refusedByPolicy,
                    "cannot take \(bytes) bytes: this connection may hand over \(quota) more")
            }
            limits.quota = quota - bytes
        }
    }
}
