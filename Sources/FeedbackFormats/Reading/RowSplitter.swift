/// Cuts a stream of bytes into rows: the lines of JSON Lines, or the elements of one JSON array.
///
/// Which of the two it is, the first byte that is not white space says. Memory is bounded by the longest
/// row allowed: a longer one is skipped and reported, never held. A UTF-8 byte-order mark is dropped,
/// CRLF ends a line, blank lines are no rows.
struct RowSplitter {
    /// A row's bytes, or why there are none, with the line on which it begins, from 1.
    struct RawRow {
        var line: Int
        var bytes: Result<[UInt8], FeedbackRefusal>
    }

    private enum Mode { case start, lines, array, afterArray, done }

    private let limit: Int
    private var mode = Mode.start
    private var line = 1
    private var markLength = 0
    private var row: [UInt8] = []
    private var rowLine = 1
    private var isTooLong = false
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// Whether the array's last element was followed by a comma, so that another one must follow.
    private var isElementDue = false

    init(limit: Int) { self.limit = limit }

    mutating func consume(
        _ bytes: UnsafeRawBufferPointer, _ body: (RawRow) throws -> Void
    ) rethrows {
        var rest = bytes[...]
        while let byte = rest.first {
            switch mode {
            case .start: begin(with: byte)
            case .lines:
                // A line's end is searched for, not stepped to: most bytes are here.
                let end = rest.firstIndex(of: .newline) ?? rest.endIndex
                append(rest[..<end])
                rest = rest[end...]
                if rest.isEmpty { return }
                try finishLine(body)
                line += 1
            case .array: try consumeInArray(byte, body)
            case .afterArray:
                if !byte.isJSONSpace {
                    mode = .done
                    try body(
                        RawRow(line: line, bytes: .failure(.malformedJSON("text after the array"))))
                }
                if byte == .newline { line += 1 }
            case .done: return
            }
            rest = rest.dropFirst()
        }
    }

    /// Yields what the end of the stream completes.
    mutating func finish(_ body: (RawRow) throws -> Void) rethrows {
        switch mode {
        case .start where !row.isEmpty: try finishLine(body)
        case .lines: try finishLine(body)
        case .array:
            if !row.isEmpty || isTooLong { try finishElement(body) }
            try body(
                RawRow(
                    line: line,
                    bytes: .failure(.malformedJSON("the array has no end: the file was cut off"))))
        case .start, .afterArray, .done: break
        }
        mode = .done
    }

    private mutating func begin(with byte: UInt8) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if line == 1, markLength < mark.count, row.count == markLength, byte == mark[markLength] {
            // Kept until it is whole, since two bytes of it are an invalid row.
            row.append(byte)
            markLength += 1
            if markLength == mark.count { row = [] }
        } else if byte.isJSONSpace, row.isEmpty {
            if byte == .newline { line += 1 }
        } else if byte == UInt8(ascii: "["), row.isEmpty {
            mode = .array
        } else {
            mode = .lines
            rowLine = line
            row.append(byte)
        }
    }

    private mutating func consumeInArray(
        _ byte: UInt8, _ body: (RawRow) throws -> Void
    ) rethrows {
        if byte == .newline { line += 1 }
        if isInString {
            append(byte)
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == .quote {
                isInString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: ",") where depth == 0:
            try finishElement(body)
            isElementDue = true
        case UInt8(ascii: "]") where depth == 0:
            if !row.isEmpty || isTooLong || isElementDue { try finishElement(body) }
            mode = .afterArray
        case _ where byte.isJSONSpace && row.isEmpty && !isTooLong: break
        default:
            if row.isEmpty && !isTooLong { rowLine = line }
            append(byte)
            switch byte {
            case .quote: isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth = max(0, depth - 1)
            default: break
            }
        }
    }

    private mutating func append(_ byte: UInt8) {
        if isTooLong { return }
        if row.count == limit { return overflow() }
        row.append(byte)
    }

    private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) {
        if isTooLong { return }
        if row.isEmpty { rowLine = line }
        if row.count + bytes.count > limit { return overflow() }
        row.append(contentsOf: bytes)
    }

    private mutating func overflow() {
        isTooLong = true
        row = []
    }

    private mutating func finishLine(_ body: (RawRow) throws -> Void) rethrows {
        if isTooLong || !row.allSatisfy(\.isJSONSpace) { try emit(body) }
        reset()
    }

    private mutating func finishElement(_ body: (RawRow) throws -> Void) rethrows {
        if row.isEmpty && !isTooLong { rowLine = line }
        try emit(body)
        isElementDue = false
        depth = 0
        reset()
    }

    private func emit(_ body: (RawRow) throws -> Void) rethrows {
        try body(
            RawRow(
                line: rowLine,
                bytes: isTooLong ? .failure(.rowTooLong(limit: limit)) : .success(row)))
    }

    private mutating func reset() {
        row.removeAll(keepingCapacity: row.capacity <= 1 << 16)
        isTooLong = false
    }
}

extension UInt8 {
    fileprivate static let newline = UInt8(ascii: "\n")
    fileprivate static let quote = UInt8(ascii: "\"")

    /// White space as JSON has it.
    fileprivate var isJSONSpace: Bool {
        self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09
    }
}
