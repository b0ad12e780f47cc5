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
        // Each lane runs down to the checkpoint it waits for; nil for a place that is free.
        var lanes: [String?] = []
        for checkpoint in childrenFirst(checkpoints) {
            let lane = lanes.firstIndex(of: checkpoint.id) ?? place(in: &lanes)
            lanes[lane] = checkpoint.id
            while let other = lanes.lastIndex(of: checkpoint.id), other != lane {
                lanes[other] = nil
                for step in stride(from: other, to: lane, by: -1) {
                    rows.append((row(lanes, step, "/"), ""))
                }
            }
            rows.append((row(lanes, lane, "*"), label(checkpoint, heads, own: host)))
            let parents = checkpoint.parents.filter { id in checkpoints.contains { $0.id == id } }
            lanes[lane] = parents.first
            for parent in parents.dropFirst() {
                let new = place(in: &lanes, after: lane)
                for step in lane + 1...new { rows.append((row(lanes, step, "\\"), "")) }
                lanes[new] = parent
            }
        }
        let width = rows.reduce(0) { max($0, $1.lines.count) }
        return rows.map { row in
            row.label.isEmpty
                ? row.lines
                : row.lines + String(repeating: " ", count: width - row.lines.count + 2) + row.label
        }.joined(separator: "\n")
    }

    /// A free place, made at the end if there is none.
    private static func place(in lanes: inout [String?], after lane: Int = -1) -> Int {
        if let free = lanes.indices.first(where: { $0 > lane && lanes[$0] == nil }) { return free }
        lanes.append(nil)
        return lanes.count - 1
    }

    /// The lanes side by side, with a mark in one of them; a slant stands to the left of its place.
    private static func row(_ lanes: [String?], _ place: Int, _ mark: Character) -> String {
        var cells = lanes.indices.flatMap { [lanes[$0] == nil ? " " : "|", " "] as [Character] }
        cells[mark == "*" ? 2 * place : 2 * place - 1] = mark
        return String(String(cells).reversed().drop { $0 == " " }.reversed())
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
            checkpoint.collectedAt == nil ? "" : "collected",
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
