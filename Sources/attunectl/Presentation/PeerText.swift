import CheckpointStore
package import ControlAPI

/// Peers in words.
package enum PeerText {
    package static func table(_ peers: [PeerReport]) -> String {
        guard !peers.isEmpty else {
            return "no peers; `attunectl peer add NAME ADDRESS` puts one on record"
        }
        var table = Table("name", "trusted", "feedback", "head", "fingerprint", "address")
        for peer in peers {
            table.add(
                peer.name ?? "", trust(in: peer), peer.sharesFeedback == true ? "yes" : "no",
                peer.head.map { Format.id($0.hex) } ?? "", peer.fingerprint ?? "",
                peer.address ?? "")
        }
        return table.text
    }

    package static func peer(_ peer: PeerReport) -> String {
        var facts = Facts()
        facts.add("name", peer.name)
        facts.add("address", peer.address)
        facts.add("fingerprint", peer.fingerprint)
        facts.add("host", peer.host?.description)
        facts.add("head", peer.head?.hex)
        facts.add("trusted", trust(in: peer))
        facts.add("was", peer.predecessor?.fingerprint)
        facts.add(
            "feedback",
            peer.sharesFeedback.map { $0 ? "exchanged by sync" : "does not go there" })
        return facts.text
    }

    private static func trust(in peer: PeerReport) -> String {
        peer.revoked == true ? "revoked" : peer.trusted ? "yes" : "no"
    }
}
