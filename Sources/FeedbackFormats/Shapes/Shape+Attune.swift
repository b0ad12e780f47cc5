extension RowShape {
    /// Attune's own rows: feedback as the control API writes it, or an entry of a backup.
    ///
    ///     {"kind":"pair","prompt":[{"role":"user","content":"…"}],"chosen":"…","rejected":"…"}
    static let attune = RowShape(
        .attune,
        matches: { row in
            row["kind"]?.string.flatMap(Feedback.Kind.init) != nil && row["prompt"]?.array != nil
        },
        read: { row throws(FeedbackRefusal) in
            guard let kind = Feedback.Kind(rawValue: try row.text("kind")) else {
                throw .missing("kind")
            }
            // A backup says what was taken back; only a restore brings such an entry, with its retraction.
            if row.has("retraction") { throw .retracted }
            return [
                Feedback(
                    kind: kind, prompt: try row.prompt("prompt"),
                    chosen: row.has("chosen") ? try row.answer("chosen") : nil,
                    rejected: row.has("rejected") ? try row.answer("rejected") : nil,
                    source: row.source)
            ]
        })
}
