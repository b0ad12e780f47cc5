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
        self.files = files
        annotator = configuration.annotator
        labels = configuration.labels
    }
}
