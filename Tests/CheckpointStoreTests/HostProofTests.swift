import CheckpointStore
import Foundation
import Testing

@Suite struct HostProofTests {
    @Test func aProofIsOfOneHostForOneQuestion() throws {
        let (key, asker, nonce) = (HostKey(), HostKey().id, HostProof.nonce())
        let proof = try HostProof(to: asker, nonce: nonce, key: key)
        try proof.verify(key.id, asker: asker, nonce: nonce)
        let wrong: [(HostID, HostID, Data)] = [
            (HostKey().id, asker, nonce), (key.id, key.id, nonce),
            (key.id, asker, HostProof.nonce()),
            (key.id, asker, nonce.dropLast()),
        ]
        for (host, asker, nonce) in wrong {
            #expect(throws: CheckpointError.signatureInvalid(host)) {
                try proof.verify(host, asker: asker, nonce: nonce)
            }
        }
    }
}
