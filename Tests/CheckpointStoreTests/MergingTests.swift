import CheckpointStore
import Foundation
import TestSupport
import Testing

@Suite struct MergingTests {
    private let directory: TemporaryDirectory
    private let repository: CheckpointRepository
    private let host = Sample.host.id

    init() throws {
        directory = try TemporaryDirectory()
        repository = CheckpointRepository(directory: directory.path)
    }

    private func record(
        _ seed: UInt64, _ parents: [CheckpointID] = [], pairs: Int = 100,
        base: BaseModel = Sample.base
    ) throws -> CheckpointID {
        var checkpoint = try Sample.checkpoint(seed: seed, parents: parents, base: base)
        checkpoint.manifest.data = DataCounts(pairs: pairs, onlinePairs: 0, heldOutPairs: 8)
        return try checkpoint.record(in: repository)
    }

    @Test func eachCountsByWhatOnlyItHasSeen() throws {
        let root = try record(1, pairs: 5000)
        let one = try record(3, [try record(2, [root], pairs: 40)], pairs: 20)
        let other = try record(4, [root], pairs: 20)
        let merge = try repository.merge(one, other, by: .mean, host: host)
        let parts = Dictionary(uniqueKeysWithValues: merge.parts.map { ($0.checkpoint, $0) })
        #expect(parts[one]?.evidence == 60 && parts[one]?.weight == 0.75)
        #expect(parts[other]?.evidence == 20 && parts[other]?.weight == 0.25)
        let manifest = try repository.manifest(of: merge.checkpoint)
        #expect(manifest.parents == [one, other].sorted())
        #expect(manifest.data.pairs == 0, "its own round saw none; those of its parents count once")
        let third = try record(5, pairs: 160)
        let next = try repository.merge(merge.checkpoint, third, by: .mean, host: host)
        #expect(Set(next.parts.map(\.evidence)) == [5080, 160])
        #expect(manifest.objects.keys.sorted() == ["adapter"])
        try repository.verify(merge.checkpoint, base: Sample.base)
    }

    @Test func theOrderOfNamesDoesNotMatter() throws {
        let (one, other) = (try record(1), try record(2))
        for rule in MergeRule.allCases {
            let merge = try repository.merge(one, other, by: rule, host: host)
            #expect(try repository.merge(other, one, by: rule, host: host) == merge)
        }
    }

    /// Shapes of the sample are so small that its rank holds what two adapters of one line differ by.
    @Test func theSumAppliesBothChangesToTheCommonAncestor() throws {
        let root = try record(1)
        let other = try record(2, [root])
        var same = try Sample.checkpoint(seed: 1, parents: [root])
        same.manifest.seed = 9
        let unchanged = try same.record(in: repository)
        let merge = try repository.merge(unchanged, other, by: .sum, host: host)
        let merged = try repository.adapter(of: merge.checkpoint)
        let expected = try repository.adapter(of: other)
        for matrix in expected.matrices {
            let (a, b) = (merged.a(of: matrix), merged.b(of: matrix))
            let (x, y) = (expected.a(of: matrix), expected.b(of: matrix))
            for row in 0..<matrix.outputWidth {
                for column in 0..<matrix.inputWidth {
                    let found = (0..<matrix.rank).reduce(Float(0)) {
                        $0 + b[row * matrix.rank + $1] * a[$1 * matrix.inputWidth + column]
                    }
                    let wanted = (0..<matrix.rank).reduce(Float(0)) {
                        $0 + y[row * matrix.rank + $1] * x[$1 * matrix.inputWidth + column]
                    }
                    #expect(abs(found - wanted) < 1e-5)
                }
            }
        }
        #expect(abs(merge.retainedEnergy - 1) < 1e-9)
    }

    @Test func oneThatContinuesTheOtherIsNotMerged() throws {
        let root = try record(1)
        let next = try record(2, [root])
        #expect(throws: CheckpointError.nothingToMerge(root, in: next)) {
            try repository.merge(root, next, by: .mean, host: host)
        }
        #expect(throws: CheckpointError.nothingToMerge(root, in: root)) {
            try repository.merge(root, root, by: .mean, host: host)
        }
        let other = try record(3)
        let merge = try repository.merge(next, other, by: .mean, host: host)
        #expect(throws: CheckpointError.nothingToMerge(other, in: merge.checkpoint)) {
            try repository.merge(other, merge.checkpoint, by: .mean, host: host)
        }
    }

    @Test func checkpointsOfDifferentModelsAreNotMerged() throws {
        let (one, other) = (try record(1), try record(2, base: Sample.otherBase))
        #expect {
            try repository.merge(one, other, by: .mean, host: host)
        } throws: {
            ($0 as? CheckpointError)?.kind == "base-mismatch"
        }
    }

    @Test func aMergeHasTheModulesOfBoth() throws {
        let shape = AdapterShape(rank: 2, alpha: 4, targetModules: [.query])
        var narrow = try Sample.checkpoint(seed: 1)
        let adapter = try Sample.adapter(seed: 1, shape: shape).safetensors()
        narrow.objects[0] = adapter
        narrow.manifest.lora = shape
        narrow.manifest.objects["adapter"] = ObjectReference(
            id: ObjectID(hashing: adapter), size: adapter.count, format: .safetensors)
        narrow.manifest.data = DataCounts(pairs: 9000, onlinePairs: 0, heldOutPairs: 0)
        let leader = try narrow.record(in: repository)
        let merge = try repository.merge(leader, try record(2), by: .sum, host: host)
        let merged = try repository.adapter(of: merge.checkpoint)
        #expect(merged.shape.targetModules == AdapterTarget.allCases)
        let key = try #require(merged.matrices.first { $0.target == .key })
        #expect(merged.b(of: key).contains { $0 != 0 })
    }
}
