public import CheckpointStore
public import Foundation

/// One checkpoint as the local registry knows it.
///
/// What stands in its manifest is absent or empty if the manifest is damaged.
public struct CheckpointReport: JSONBody, Hashable {
    public enum State: String, Codable, CaseIterable, Sendable {
        /// In use.
        case head
        /// Was the head once.
        case previous
        /// Never was the head.
        case candidate
    }

    /// The SHA-256 of the manifest; the manifest is the object of that name.
    public var id: String
    public var parents: [String]
    public var state: State
    /// `local`, or the name of the peer it came from.
    public var origin: String
    /// The host that made it, and the number of the round there.
    public var host: String?
    public var round: Int?
    public var base: BaseModel?
    public var rank: Int?
    public var alpha: Double?
    public var targetModules: [String]
    /// Object by role: `adapter`, `optimizer`, `learner`, `metrics`.
    public var objects: [String: ObjectReport]
    /// Made here, or received.
    public var addedAt: Date
    public var metrics: [String: Double]
    public var gate: GateReport?
    /// What of it is missing or damaged, and what to do; absent when all of it is there.
    public var damage: String?
    /// Kept, whatever else is collected.
    public var pinned: Bool?
    /// When its objects were let go; only manifest and metrics are here since.
    public var collectedAt: Date?
    /// What was taken back of the feedback in it; absent if nothing was.
    public var withdrawals: Withdrawals?

    public init(
        id: String, parents: [String] = [], state: State, origin: String, host: String? = nil,
        round: Int? = nil, base: BaseModel? = nil, rank: Int? = nil, alpha: Double? = nil,
        targetModules: [String] = [], objects: [String: ObjectReport] = [:], addedAt: Date,
        metrics: [String: Double] = [:], gate: GateReport? = nil, damage: String? = nil,
        pinned: Bool? = nil, collectedAt: Date? = nil, withdrawals: Withdrawals? = nil
    ) {
        self.id = id
        self.parents = parents
        self.state = state
        self.origin = origin
        self.host = host
        self.round = round
        self.base = base
        self.rank = rank
        self.alpha = alpha
        self.targetModules = targetModules
        self.objects = objects
        self.addedAt = addedAt
        self.metrics = metrics
        self.gate = gate
        self.damage = damage
        self.pinned = pinned
        self.collectedAt = collectedAt
        self.withdrawals = withdrawals
    }

    /// The base model that a checkpoint belongs to.
    public struct BaseModel: Codable, Hashable, Sendable {
        public var name: String
        /// The SHA-256 of the GGUF file.
        public var fingerprint: String

        public init(name: String, fingerprint: String) {
            self.name = name
            self.fingerprint = fingerprint
        }
    }

    public struct ObjectReport: Codable, Hashable, Sendable {
        public var id: String
        public var size: Int64

        public init(id: String, size: Int64) {
            self.id = id
            self.size = size
        }
    }
}

/// How to promote a checkpoint.
public struct Promotion: JSONBody, Hashable {
    /// Promote whatever the gate says; hash, base and format are still checked.
    public var force: Bool?

    public init(force: Bool? = nil) {
        self.force = force
    }
}

/// How a promotion or a rollback ended.
public struct PromotionReport: JSONBody, Hashable {
    /// The checkpoint in question; absent when a rollback led to the bare base model.
    public var checkpoint: String?
    /// Whether it is the head now.
    public var promoted: Bool
    public var forced: Bool
    /// The head before; absent for the bare base model.
    public var previous: String?
    /// The gate's decision; a rollback asks no gate.
    public var gate: GateReport?

    public init(
        checkpoint: String?, promoted: Bool, forced: Bool, previous: String?, gate: GateReport?
    ) {
        self.checkpoint = checkpoint
        self.promoted = promoted
        self.forced = forced
        self.previous = previous
        self.gate = gate
    }
}

/// Two checkpoints to become one.
public struct Merge: JSONBody, Hashable {
    /// Ids, unique beginnings of ids, or `head`.
    public var checkpoints: [String]
    /// `mean` unless set.
    public var rule: MergeRule?

    public init(checkpoints: [String], rule: MergeRule? = nil) {
        self.checkpoints = checkpoints
        self.rule = rule
    }
}

/// What a merge made; promoting it is a step of its own.
public struct MergeReport: JSONBody, Hashable {
    public struct Part: Codable, Hashable, Sendable {
        public var checkpoint: String
        /// Pairs that it was trained on and the other was not.
        public var evidence: Int
        /// The factor of its weights' change.
        public var weight: Double

        public init(checkpoint: String, evidence: Int, weight: Double) {
            self.checkpoint = checkpoint
            self.evidence = evidence
            self.weight = weight
        }
    }

    public var checkpoint: CheckpointReport
    public var parts: [Part]
    /// How much of the exact sum the new adapter's rank holds: a share of squared Frobenius norms.
    public var retainedEnergy: Double

    public init(checkpoint: CheckpointReport, parts: [Part], retainedEnergy: Double) {
        self.checkpoint = checkpoint
        self.parts = parts
        self.retainedEnergy = retainedEnergy
    }
}

/// Where a handed-over checkpoint comes from.
public struct Reception: JSONBody, Hashable {
    /// The name of the peer, for the registry's `origin`.
    public var source: String

    public init(source: String) {
        self.source = source
    }
}
