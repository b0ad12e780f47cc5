/// Which prompts are kept from training.
///
/// The first 13 hexadecimal digits of the prompt's hash, read as a fraction of 2⁵², fall below the
/// share. Hosts with the same share therefore hold out the same prompts, without asking each other.
enum HeldOut {
    /// - Edge cases: a share of 0 holds out nothing, a share of 1 everything.
    static func contains(promptHash: String, share: Double) -> Bool {
        guard let leading = UInt64(promptHash.prefix(13), radix: 16) else {
            preconditionFailure("a prompt's hash is hexadecimal")
        }
        return Double(leading) / Double(1 << 52) < share
    }
}
