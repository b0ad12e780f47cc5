import ControlAPI
import Synchronization

/// What one connection may still do. Rights only ever shrink.
package final class ConnectionRights: Sendable {
    private let limits = Mutex(ConnectionLimits(role: .full, feedback: true))

    package init() {}

    func shrink(to new: ConnectionLimits) {
        limits.withLock { limits in
            limits.role = min(limits.role, new.role)
            limits.quota = [limits.quota, new.quota].compactMap(\.self).min()
            limits.feedback = limits.feedback == true && (new.role == .full || new.feedback == true)
        }
    }

    /// - Errors: ``ControlError`` of kind `forbidden`.
    func require(_ role: PeerRole, feedback needsFeedback: Bool = false) throws {
        let (own, mayHaveFeedback) = limits.withLock { ($0.role, $0.feedback == true) }
        guard mayHaveFeedback || !needsFeedback else {
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
