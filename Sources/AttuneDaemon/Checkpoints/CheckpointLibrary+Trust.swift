import CheckpointStore
import ControlAPI
import FeedbackStore

extension CheckpointLibrary {
    /// Throws unless this host made the checkpoint, or the signed head of a trusted host leads to
    /// it: what a manifest says of its host anybody could have written. Trust goes over to the key that
    /// a trusted host's key was succeeded by, and ends when one of them is revoked.
    ///
    /// - Errors: ``ControlError`` of kind `untrusted`, or `conflict` if it was collected.
    func requireTrusted(_ id: CheckpointID) throws {
        try requirePresent(id)
        let checkpoint = try store.checkpoint(id.hex)
        if checkpoint.isOwn { return }
        let trusted = try hosts(of: store.peers().filter(\.isTrusted))
        let heads = try repository.heads.all()
        let vouchedFor = heads.filter { $0.host == key.id || trusted.contains($0.host) }
        if repository.objects.withAncestors(vouchedFor.map(\.checkpoint)).contains(id) { return }
        let others = heads.lazy.filter {
            repository.objects.withAncestors([$0.checkpoint]).contains(id)
        }
        let advice =
            others.first.map {
                "host \($0.host.short) has it in use; compare what `attunectl peer show"
                    + " --fingerprint` prints there with `attunectl peer list` here, then"
                    + " `attunectl peer trust \($0.host.short)`"
            } ?? "no host has it in use, or an offspring of it; sync again when one does"
        throw ControlError(
            .untrusted,
            "cannot use checkpoint \(id.short): it came from \(checkpoint.origin), and no trusted host"
                + " vouches for it; \(advice)")
    }
}
