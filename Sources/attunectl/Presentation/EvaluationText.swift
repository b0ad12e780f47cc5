package import ControlAPI

/// Evaluations in words.
package enum EvaluationText {
    package static func report(_ summary: EvaluationSummary, _ scores: [PairScore]) -> String {
        [pairs(scores), text(summary)].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    package static func text(_ summary: EvaluationSummary) -> String {
        var facts = Facts()
        facts.add(
            "judged", Format.id(summary.checkpoint) + " against " + Format.id(summary.reference))
        facts.add("pairs", "\(summary.pairs) on \(summary.prompts) prompts")
        facts.add("accuracy", share(summary.accuracy))
        facts.add("length only", share(summary.lengthOnlyAccuracy))
        facts.add("mean margin", Format.figure(summary.meanMargin) + " nats")
        facts.add("took", Format.duration(summary.seconds))
        return [facts.text, RoundText.metrics(summary.metrics)].filter { !$0.isEmpty }
            .joined(separator: "\n\n")
    }

    private static func pairs(_ scores: [PairScore]) -> String {
        var table = Table(
            "line", ">policy chosen", ">rejected", ">reference chosen", ">rejected", ">margin")
        for score in scores {
            table.add(
                score.id ?? "\(score.index)", Format.figure(score.policyChosen),
                Format.figure(score.policyRejected), Format.figure(score.referenceChosen),
                Format.figure(score.referenceRejected), Format.figure(score.margin))
        }
        return table.text
    }

    private static func share(_ share: EvaluationSummary.Share) -> String {
        "\(Format.percent(share.value))  (95 % interval \(Format.percent(share.lower)) to "
            + "\(Format.percent(share.upper)))"
    }
}
