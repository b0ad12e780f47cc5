package import CheckpointStore
package import ControlAPI

/// Keys in words.
package enum KeyText {
    /// What a host has said of its own key.
    package struct Record: Encodable {
        package let host: HostID
        package let fingerprint: String
        /// Who comes after it; absent for a revocation.
        package let successor: HostID?
        package let revoked: Bool

        package init(_ record: KeyRecord) {
            host = record.host
            fingerprint = record.host.fingerprint
            successor = record.successorHost
            revoked = record.isRevocation
        }
    }

    package static func key(_ key: KeyReport) -> String {
        var facts = Facts()
        facts.add("fingerprint", key.fingerprint)
        facts.add("host", key.host.description)
        if !key.predecessors.isEmpty {
            facts.add("was", key.predecessors.map(\.fingerprint).joined(separator: "\n"))
        }
        return facts.text
    }

    package static func change(_ change: KeyChange) -> String {
        var facts = Facts()
        facts.add("fingerprint", change.fingerprint)
        facts.add("host", change.host.description)
        facts.add("was", change.before.fingerprint + (change.revoked ? ", revoked" : ""))
        return facts.text
    }

    package static func record(_ record: Record) -> String {
        record.successor.map { "\(record.fingerprint) is \($0.fingerprint) from now on" }
            ?? "\(record.fingerprint) is revoked"
    }
}
