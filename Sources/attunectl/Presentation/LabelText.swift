package import ControlAPI
package import FeedbackFormats

/// Label requests in words.
package enum LabelText {
    package static func label(_ label: LabelReport) -> String {
        var lines = [Paint.faint("\(label.id)  \(why(label))"), ""]
        lines += label.prompt.map(turn)
        for (index, candidate) in label.candidates.enumerated() {
            let letter = CandidateName(index: index).letter
            lines += ["", Paint.bold("[\(letter)]") + " " + Format.printable(candidate)]
        }
        return lines.joined(separator: "\n")
    }

    package static func why(_ label: LabelReport) -> String {
        "round \(label.round), by \(Format.id(label.checkpoint)), s \(Format.figure(label.score)), "
            + "w \(Format.figure(label.weight)), u \(Format.figure(label.draw)): \(label.reason)"
    }

    package static func turn(_ message: Message) -> String {
        Paint.bold(message.role + ":") + " " + Format.printable(message.content)
    }

    package static func table(_ labels: [LabelReport]) -> String {
        guard !labels.isEmpty else { return "no label requests" }
        var table = Table("id", "state", ">round", ">s", ">w", ">u", "asked", "prompt")
        for label in labels {
            table.add(
                label.id, label.state.rawValue, "\(label.round)", Format.figure(label.score),
                Format.figure(label.weight), Format.figure(label.draw), Format.time(label.askedAt),
                Format.excerpt(label.prompt.last?.content ?? "", width: 40))
        }
        return table.text
    }
}
