package import ControlAPI
package import FeedbackFormats
package import Foundation

/// One line of a file of prompts: the conversation, and all keys to carry over.
package struct PromptRow {
    package let messages: [Message]
    private let keys: [String: Any]

    package init(prompt: String) {
        messages = [.user(prompt)]
        keys = ["prompt": prompt]
    }

    /// Reads JSON Lines; a line that is no prompt ends it with the line's number and the reason.
    package static func read(_ data: Data, name: String) throws -> [PromptRow] {
        var rows: [PromptRow] = []
        for (index, line) in data.split(separator: 10, omittingEmptySubsequences: false)
            .enumerated()
        where !line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) {
            do {
                rows.append(try PromptRow(line: line))
            } catch let reason as Fault {
                throw ControlError(
                    .invalidRequest,
                    "cannot read \(name), line \(index + 1): \(reason.text); "
                        + "each line is an object with `prompt` or `messages`")
            }
        }
        return rows
    }

    private struct Fault: Error {
        let text: String
    }

    private init(line: Data) throws {
        guard let keys = try? JSONSerialization.jsonObject(with: line) as? [String: Any] else {
            throw Fault(text: "it is not a JSON object")
        }
        self.keys = keys
        if let messages = keys["messages"] {
            guard let data = try? JSONSerialization.data(withJSONObject: messages),
                let list = try? JSONDecoder().decode([Message].self, from: data), !list.isEmpty
            else { throw Fault(text: "`messages` is not a list of {role, content}") }
            self.messages = list
        } else {
            guard let prompt = keys["prompt"] as? String, !prompt.isEmpty else {
                throw Fault(text: "`prompt` is missing or empty")
            }
            self.messages = [.user(prompt)]
        }
    }

    /// The line with the answers added, keys in sorted order.
    package func line(_ completions: [GenerationPiece.Completion], asList: Bool) throws -> String {
        var keys = self.keys
        if asList {
            keys["responses"] = completions.map(\.text)
            keys["finishReasons"] = completions.map(\.finishReason.rawValue)
            keys["tokens"] = completions.map(\.tokens)
        } else if let completion = completions.first {
            keys["response"] = completion.text
            keys["finishReason"] = completion.finishReason.rawValue
            keys["tokens"] = completion.tokens
        }
        let data = try JSONSerialization.data(
            withJSONObject: keys, options: [.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }
}
