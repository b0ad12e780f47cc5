package import CheckpointStore
package import ControlAPI

/// Checkpoints as a graph of lines, children above their parents: where hosts parted and met again.
///
///     *    merge
///     |\
///     * |  trained here
///     | *  received
///     |/
///     *    the common ancestor
package enum CheckpointGraph {
    /// - Parameters:
    ///   - checkpoints: the latest first; parents that are not among them are left out.
    ///   - heads: what hosts have in use, the own host's first.
    package static func text(
        _ checkpoints: [CheckpointReport], heads: [SignedHead], own host: String
    ) -> String {
        guard !checkpoints.isEmpty else { return "no checkpoints yet" }
        var rows: [(lines: String, label: String)] = []
        // Each lane runs down to the checkpoint it waits for.
        var lanes: [String] = []
        for checkpoint in childrenFirst(checkpoints) {
            let lane = lanes.firstIndex(of: checkpoint.id) ?? lanes.endIndex
            if lane == lanes.endIndex { lanes.append(checkpoint.id) }
            while let other = lanes.lastIndex(of: checkpoint.id), other != lane {
                rows.append((slanted(lanes.count, other, "/"), ""))
                lanes.remove(at: other)
            }
            let marks = lanes.indices.map { $0 == lane ? "*" : "|" }
            rows.append((marks.joined(separator: " "), label(checkpoint, heads, own: host)))
            let parents = checkpoint.parents.filter { id in checkpoints.contains { $0.id == id } }
            lanes.replaceSubrange(lane...lane, with: parents)
            for new in parents.indices.dropFirst() {
                rows.append((slanted(lane + new + 1, lane + new, "\\"), ""))
            }
        }
        let width = rows.reduce(0) { max($0, $1.lines.count) }
        return rows.map { row in
            row.label.isEmpty
                ? row.lines
                : row.lines + String(repeating: " ", count: width - row.lines.count + 2) + row.label
        }.joined(separator: "\n")
    }

    /// A row of `count` lanes in which the lane `place` leaves or joins the one to its left.
    private static func slanted(_ count: Int, _ place: Int, _ mark: String) -> String {
        let before = (0..<place).map { _ in "|" }.joined(separator: " ")
        let after = (place + 1..<max(count, place + 1)).map { _ in " |" }.joined()
        return before + mark + after
    }

    private static func label(
        _ checkpoint: CheckpointReport, _ heads: [SignedHead], own host: String
    ) -> String {
        let users = heads.filter { $0.checkpoint.hex == checkpoint.id }.map { head in
            head.host.description == host ? "head here" : "head of \(head.host.short)"
        }
        return [
            Paint.bold(Format.id(checkpoint.id)), Format.time(checkpoint.addedAt),
            checkpoint.origin == "local"
                ? checkpoint.round.map { "round \($0)" } ?? "local"
                : Format.excerpt(checkpoint.origin, width: 28),
            checkpoint.damage == nil ? "" : "damaged",
            users.isEmpty ? "" : "← " + users.joined(separator: ", "),
        ].filter { !$0.isEmpty }.joined(separator: "  ")
    }

    /// The order in which all children of a checkpoint stand before it, else as given.
    private static func childrenFirst(_ checkpoints: [CheckpointReport]) -> [CheckpointReport] {
        var waiting: [String: Int] = [:]
        for parent in checkpoints.flatMap(\.parents) { waiting[parent, default: 0] += 1 }
        var rest = checkpoints
        var order: [CheckpointReport] = []
        while let next = rest.firstIndex(where: { waiting[$0.id, default: 0] == 0 }) {
            let checkpoint = rest.remove(at: next)
            for parent in checkpoint.parents { waiting[parent, default: 0] -= 1 }
            order.append(checkpoint)
        }
        return order
    }
}
