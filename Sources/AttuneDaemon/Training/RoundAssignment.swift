import CheckpointStore
import FeedbackStore
import LanguageModel
import PreferenceLearning

/// Everything a round needs that is not computed in it; made before it starts or resumes.
struct RoundAssignment: Sendable {
    let id: Int
    let plan: RoundPlan
    let model: LoadedModel
    let start: LoRAAdapter
    let reference: LoRAAdapter?
    /// Of the checkpoints that late answers name, by id; those that are gone are missing.
    let earlier: [String: LoRAAdapter]
    let files: RoundFiles
    let annotator: DaemonConfiguration.Annotator
    let labels: DaemonConfiguration.Labels
}

extension RoundAssignment {
    /// Loads what a plan names: the adapters of its checkpoints, or a fresh one for a first round.
    init(
        id: Int, plan: RoundPlan, model: LoadedModel, checkpoints: CheckpointLibrary,
        files: RoundFiles, configuration: DaemonConfiguration
    ) throws {
        func adapter(_ checkpoint: String?) throws -> LoRAAdapter? {
            try checkpoint.map {
                try checkpoints.adapter(ObjectID(validating: $0), on: model)
            }
        }
        self.id = id
        self.plan = plan
        self.model = model
        start =
            try adapter(plan.startCheckpoint)
            ?? LoRAAdapter(
                configuration: plan.configuration.lora,
                model: model.transformer.configuration, seed: plan.seed)
        reference = try adapter(plan.referenceCheckpoint)
        // Those that are damaged or were let go count as missing.
        earlier = plan.earlierCheckpoints.reduce(into: [:]) { $0[$1] = try? adapter($1) }
        self.files = files
        annotator = configuration.annotator
        labels = configuration.labels
    }
}
