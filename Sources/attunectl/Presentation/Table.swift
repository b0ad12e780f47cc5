/// Text in aligned columns.
package struct Table {
    package enum Alignment {
        case left, right
    }

    private let header: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    /// - Parameter columns: The heading of each column; a heading that starts with `>` aligns its column to the right.
    package init(_ columns: String...) {
        header = columns.map { String($0.drop { $0 == ">" }) }
        alignments = columns.map { $0.hasPrefix(">") ? .right : .left }
    }

    package mutating func add(_ cells: String...) {
        precondition(cells.count == header.count, "a row needs a cell for each column")
        rows.append(cells)
    }

    /// The table with two spaces between columns and no white space at the end of lines.
    package var text: String {
        guard !rows.isEmpty else { return "" }
        let all = [header.map { $0.uppercased() }] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return alignments[column] == .left ? row[column] + space : space + row[column]
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
        .joined(separator: "\n")
    }
}

/// Facts under their names, the names in one column.
package struct Facts {
    private var rows: [(name: String, value: String)] = []

    package init() {}

    /// Adds a fact; one without a value is left out.
    package mutating func add(_ name: String, _ value: String?) {
        if let value { rows.append((name, value)) }
    }

    package var text: String {
        let width = rows.map(\.name.count).max() ?? 0
        return rows.map { row in
            let space = String(repeating: " ", count: width - row.name.count)
            let lines = row.value.split(separator: "\n", omittingEmptySubsequences: false)
            let rest = lines.dropFirst().map {
                String(repeating: " ", count: width + 2) + $0
            }
            return ([row.name + space + "  " + (lines.first ?? "")] + rest)
                .joined(separator: "\n")
        }
        .joined(separator: "\n")
    }
}
