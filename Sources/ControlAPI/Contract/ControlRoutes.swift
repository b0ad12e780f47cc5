public import CheckpointStore
public import FeedbackFormats

/// The route table: every request the daemon answers.
///
/// A GET's input travels as its query, a POST's and a PUT's as its body.
public enum ControlRoutes {
    // MARK: The daemon

    public static let status = Endpoint<Nothing, StatusReport>(
        "status", .get, "/status",
        summary: "Versions, model, head, counts and training state; cheap enough to poll.")
    public static let doctor = Endpoint<Nothing, DoctorReport>(
        "doctor", .get, "/doctor", summary: "Checks what could go wrong and says what to do.")
    public static let checkState = Endpoint<
        StateCheck, JSONLines<StreamLine<VerificationReport>>
    >(
        "checkState", .post, "/fsck", errors: [.cancelled],
        summary: "Looks through everything that is kept; the last line tells.")
    public static let configuration = Endpoint<Nothing, ConfigurationReport>(
        "configuration", .get, "/config",
        summary: "Every setting in force and where its value comes from.")
    public static let events = Endpoint<Nothing, JSONLines<Event>>(
        "events", .get, "/events", summary: "What happens from now on, until the client hangs up.")

    // MARK: Feedback

    public static let addFeedback = Endpoint<FeedbackBatch, FeedbackOutcomes>(
        "addFeedback", .post, "/feedback", errors: [.storageFull],
        summary: "Stores feedback durably, one transaction, one outcome for each item.")
    public static let listFeedback = Endpoint<FeedbackQuery, Page<FeedbackEntry>>(
        "listFeedback", .get, "/feedback", summary: "Lists feedback, newest first.")
    public static let exportFeedback = Endpoint<FeedbackExportQuery, LineFile>(
        "exportFeedback", .get, "/feedback/export",
        summary: "All feedback that is not retracted, in a format other tools read.")
    public static let showFeedback = Endpoint<Nothing, FeedbackEntry>(
        "showFeedback", .get, "/feedback/{id}", errors: [.notFound], summary: "One feedback.")
    public static let retractFeedback = Endpoint<Nothing, FeedbackEntry>(
        "retractFeedback", .post, "/feedback/{id}/retract", errors: [.notFound, .storageFull],
        summary: "Takes a feedback back; it stays on record and is never trained on again.")

    public static let eraseFeedback = Endpoint<FeedbackErasure, ErasureReport>(
        "eraseFeedback", .post, "/feedback/erase",
        errors: [.notFound, .conflict, .busy, .storageFull],
        summary: "Takes the text of feedback out of every file, for good, here and where sync goes."
    )

    // MARK: Label requests

    public static let listLabels = Endpoint<LabelQuery, Page<LabelReport>>(
        "listLabels", .get, "/labels",
        summary: "Lists label requests; open ones by need, the lowest weight first.")
    public static let nextLabel = Endpoint<Nothing, NextLabel>(
        "nextLabel", .get, "/labels/next", summary: "The open label request worth most.")
    public static let showLabel = Endpoint<Nothing, LabelReport>(
        "showLabel", .get, "/labels/{id}", errors: [.notFound],
        summary: "One label request with everything that explains it.")
    public static let answerLabel = Endpoint<LabelVerdict, LabelReport>(
        "answerLabel", .post, "/labels/{id}/answer", errors: [.notFound, .conflict, .storageFull],
        summary: "Answers a label request; a later round trains on it.")
    public static let skipLabel = Endpoint<Nothing, LabelReport>(
        "skipLabel", .post, "/labels/{id}/skip", errors: [.notFound, .conflict, .storageFull],
        summary: "Closes a label request without an answer.")

    // MARK: Training

    public static let runTraining = Endpoint<TrainingRun, JSONLines<StreamLine<RoundReport>>>(
        "runTraining", .post, "/train/run",
        errors: [.busy, .noModel, .notEnoughFeedback, .cancelled, .storageFull],
        summary: "Starts a round; the round goes on when the client hangs up.")
    public static let pauseTraining = Endpoint<Nothing, TrainingStatus>(
        "pauseTraining", .post, "/train/pause",
        summary: "Stops the running round where it can go on; none starts while paused.")
    public static let resumeTraining = Endpoint<Nothing, TrainingStatus>(
        "resumeTraining", .post, "/train/resume",
        summary: "Goes on where the round stopped, and lets rounds start again.")
    public static let cancelTraining = Endpoint<Nothing, RoundReport>(
        "cancelTraining", .post, "/train/cancel", errors: [.busy, .conflict, .storageFull],
        summary: "Ends the running or paused round for good; its feedback waits for the next one.")
    public static let listRounds = Endpoint<PageQuery, Page<RoundReport>>(
        "listRounds", .get, "/rounds", summary: "Lists rounds, newest first.")
    public static let showRound = Endpoint<Nothing, RoundReport>(
        "showRound", .get, "/rounds/{id}", errors: [.notFound],
        summary: "One round: its data, metrics and the gate's decision.")

    // MARK: Checkpoints

    public static let listCheckpoints = Endpoint<PageQuery, Page<CheckpointReport>>(
        "listCheckpoints", .get, "/checkpoints",
        summary: "Lists checkpoints, newest first.")
    public static let showCheckpoint = Endpoint<Nothing, CheckpointReport>(
        "showCheckpoint", .get, "/checkpoints/{id}", errors: [.notFound],
        summary: "One checkpoint.")
    public static let verifyCheckpoint = Endpoint<Nothing, VerificationReport>(
        "verifyCheckpoint", .post, "/checkpoints/{id}/verify", errors: [.notFound],
        summary: "Reads every byte of a checkpoint again and checks it.")
    public static let promoteCheckpoint = Endpoint<
        Promotion, JSONLines<StreamLine<PromotionReport>>
    >(
        "promoteCheckpoint", .post, "/checkpoints/{id}/promote",
        errors: [.notFound, .busy, .noModel, .untrusted, .integrity, .wrongBase, .storageFull],
        summary: "Makes a checkpoint the head if the gate lets it; the last line tells.")
    public static let rollbackCheckpoint = Endpoint<Nothing, PromotionReport>(
        "rollbackCheckpoint", .post, "/checkpoints/rollback",
        errors: [.notFound, .busy, .integrity, .storageFull],
        summary: "Makes the head before this one the head again.")
    public static let mergeCheckpoints = Endpoint<Merge, MergeReport>(
        "mergeCheckpoints", .post, "/checkpoints/merge",
        errors: [
            .notFound, .invalidRequest, .conflict, .untrusted, .wrongBase, .integrity, .storageFull,
        ],
        summary: "Makes one checkpoint of two that went different ways; activates nothing.")
    public static let collectCheckpoints = Endpoint<CollectionOrder, CollectionReport>(
        "collectCheckpoints", .post, "/checkpoints/collect", errors: [.conflict, .integrity],
        summary: "Lets the objects of checkpoints go that nothing needs any more.")
    public static let pinCheckpoint = Endpoint<Pinning, CheckpointReport>(
        "pinCheckpoint", .post, "/checkpoints/{id}/pin",
        errors: [.notFound, .conflict, .storageFull],
        summary: "Keeps a checkpoint from being collected, or lets it be.")
    public static let receiveCheckpoint = Endpoint<Reception, CheckpointReport>(
        "receiveCheckpoint", .post, "/checkpoints/{id}/receive",
        errors: [.notFound, .integrity, .wrongBase, .noModel, .storageFull],
        for: .peer,
        summary: "Admits a checkpoint whose objects were handed over, if all of it proves sound.")

    // MARK: Objects and heads, for sync

    public static let limitConnection = Endpoint<ConnectionLimits, Nothing>(
        "limitConnection", .post, "/connection", for: .pull,
        summary: "Gives up rights for as long as this connection lasts; none can be taken back.")

    public static let inspectCheckpoint = Endpoint<RawBytes, Nothing>(
        "inspectCheckpoint", .post, "/checkpoints/inspect",
        errors: [.integrity, .wrongBase, .noModel],
        for: .peer,
        summary: "Says, from a manifest alone, whether its checkpoint could be admitted.")
    public static let getObject = Endpoint<ObjectQuery, RawBytes>(
        "getObject", .get, "/objects/{id}", errors: [.notFound, .integrity],
        for: .pull, summary: "The bytes of an object; a checkpoint's id names its manifest.")
    public static let hasObject = Endpoint<Nothing, Nothing>(
        "hasObject", .head, "/objects/{id}", errors: [.notFound],
        for: .pull, summary: "Whether an object is there.")
    public static let receivedBytes = Endpoint<Nothing, ReceivedBytes>(
        "receivedBytes", .get, "/objects/{id}/received",
        for: .peer, summary: "How much of an object has come before a transfer was cut.")
    public static let putObject = Endpoint<RawBytes, Nothing>(
        "putObject", .put, "/objects/{id}", errors: [.integrity, .storageFull],
        for: .peer,
        summary:
            "Hands over an object, or by Content-Range the rest of it; it is kept only if its bytes have"
            + " the hash it is named by.")
    public static let missingObjects = Endpoint<ObjectList, ObjectList>(
        "missingObjects", .post, "/objects/missing",
        for: .pull, summary: "Which of the objects are not there.")
    public static let listHeads = Endpoint<HeadsQuery, HeadsReport>(
        "listHeads", .get, "/heads",
        for: .pull, summary: "The newest signed head known of every host, the own one first.")
    public static let putHead = Endpoint<HeadDelivery, Nothing>(
        "putHead", .put, "/heads/{host}",
        errors: [.integrity, .staleHead, .notFound, .storageFull],
        for: .peer, summary: "Hands over a host's signed head; it is never activated by that.")

    // MARK: Keys

    public static let showKey = Endpoint<Nothing, KeyReport>(
        "showKey", .get, "/key", summary: "The key that this host signs with, by its fingerprint.")
    public static let rotateKey = Endpoint<Nothing, KeyChange>(
        "rotateKey", .post, "/key/rotate", errors: [.storageFull],
        summary: "Makes a new key that the old one vouches for; who trusts this host goes on to.")
    public static let revokeKey = Endpoint<Nothing, KeyChange>(
        "revokeKey", .post, "/key/revoke", errors: [.storageFull],
        summary: "Declares this host's key void and makes one that has to be trusted anew.")
    public static let makeRevocation = Endpoint<Nothing, KeyRecordDelivery>(
        "makeRevocation", .post, "/key/revocation",
        summary: "A revocation of this host's key, to be kept; nothing is revoked by making it.")
    public static let putKeyRecord = Endpoint<KeyRecordDelivery, Nothing>(
        "putKeyRecord", .put, "/keys/{host}", errors: [.integrity, .storageFull],
        for: .peer,
        summary: "Hands over what a host has said of its own key: a successor, or a revocation.")

    // MARK: Feedback, for sync

    public static let proveHost = Endpoint<HostChallenge, HostProof>(
        "proveHost", .post, "/feedback/proof",
        for: .pull, withFeedback: true, summary: "Proves to another host that this one has its key."
    )
    public static let digestFeedback = Endpoint<FeedbackDigestQuery, FeedbackDigest>(
        "digestFeedback", .post, "/feedback/digest", errors: [.untrusted],
        for: .pull, withFeedback: true,
        summary: "Summaries of the set of feedback, by which two hosts find where they differ.")
    public static let feedbackFacts = Endpoint<FeedbackFactsQuery, FeedbackFactPage>(
        "feedbackFacts", .post, "/feedback/facts", errors: [.untrusted],
        for: .pull, withFeedback: true,
        summary: "What is known of some facts without their text: retractions and erasures.")
    public static let feedbackEntries = Endpoint<FeedbackEntriesQuery, FeedbackEntryBatch>(
        "feedbackEntries", .post, "/feedback/entries", errors: [.untrusted],
        for: .pull, withFeedback: true,
        summary: "Feedback by content hash, as much as fits into one answer.")
    public static let uniteFeedback = Endpoint<FeedbackDelivery, FeedbackUnion>(
        "uniteFeedback", .post, "/feedback/unite",
        errors: [.untrusted, .conflict, .busy, .refusedByPolicy, .storageFull],
        for: .peer, withFeedback: true,
        summary: "Takes in another host's feedback, retractions and erasures.")

    // MARK: Peers

    public static let listPeers = Endpoint<Nothing, PeerList>(
        "listPeers", .get, "/peers",
        summary:
            "This host, the peers on record, and hosts whose heads came and which are no peers.")
    public static let addPeer = Endpoint<PeerAddition, PeerReport>(
        "addPeer", .post, "/peers", errors: [.conflict, .storageFull],
        summary: "Puts a peer's address on record; of a known one the address changes.")
    public static let contactPeer = Endpoint<PeerContact, PeerReport>(
        "contactPeer", .post, "/peers/{name}/contact",
        errors: [.notFound, .conflict, .storageFull],
        summary: "Records which host answers at a peer's address; another one later is refused.")
    public static let trustPeer = Endpoint<PeerTrust, PeerReport>(
        "trustPeer", .post, "/peers/{name}/trust", errors: [.notFound, .conflict, .storageFull],
        summary: "Lets checkpoints that a host vouches for be put to use here.")
    public static let shareFeedback = Endpoint<FeedbackSharing, PeerReport>(
        "shareFeedback", .post, "/peers/{name}/feedback",
        errors: [.notFound, .conflict, .storageFull],
        summary: "Lets the text of feedback go to a trusted peer, or ends that.")
    public static let removePeer = Endpoint<Nothing, PeerReport>(
        "removePeer", .post, "/peers/{name}/remove", errors: [.notFound, .storageFull],
        summary: "Forgets a peer, and that it was trusted; its checkpoints stay.")

    // MARK: The model at work

    public static let generate = Endpoint<GenerationOrder, JSONLines<StreamLine<GenerationPiece>>>(
        "generate", .post, "/generate",
        errors: [.noModel, .notFound, .busy, .wrongBase, .cancelled],
        summary: "Answers prompts; pieces of text as they arise, then each whole completion.")
    public static let evaluate = Endpoint<EvaluationOrder, JSONLines<StreamLine<EvaluationPiece>>>(
        "evaluate", .post, "/evaluate",
        errors: [.noModel, .notFound, .busy, .wrongBase, .cancelled],
        summary: "Scores preference pairs; each pair if wanted, then the summary.")
    public static let listModels = Endpoint<Nothing, Page<ModelReport>>(
        "listModels", .get, "/models", summary: "Lists the base models.")
    public static let addModel = Endpoint<ModelAddition, ModelReport>(
        "addModel", .post, "/models", errors: [.notFound, .conflict, .integrity, .storageFull],
        summary: "Registers a GGUF file that the daemon can read.")
    public static let useModel = Endpoint<Nothing, ModelReport>(
        "useModel", .post, "/models/{name}/use", errors: [.notFound, .busy, .integrity],
        summary: "Makes a model the one in use.")
    public static let verifyModel = Endpoint<Nothing, VerificationReport>(
        "verifyModel", .post, "/models/{name}/verify", errors: [.notFound],
        summary: "Reads a model's file again and compares its fingerprint.")
    public static let tokenize = Endpoint<TokenizationOrder, Tokenization>(
        "tokenize", .post, "/models/tokenize", errors: [.noModel],
        summary: "Turns text into the tokens of the model in use, or tokens into text.")
}
