import LanguageModel
import Testing

@Suite struct LoRAAdapterTests {
    @Test func factorsFillTheFlatVectorOnce() throws {
        let model = try TinyModel.odd.model().configuration
        let layout = LoRALayout(configuration: LoRAConfiguration(rank: 3), model: model)
        #expect(layout.matrices.count == 14)
        #expect(layout.matrices[0].name == "blk.0.attn_q")
        #expect(layout.matrices[13].name == "blk.1.ffn_down")
        var next = 0
        for matrix in layout.matrices {
            #expect(matrix.aRange == next..<next + 3 * matrix.inputWidth)
            #expect(matrix.bRange.lowerBound == matrix.aRange.upperBound)
            #expect(matrix.bRange.count == 3 * matrix.outputWidth)
            next = matrix.bRange.upperBound
        }
        #expect(next == layout.parameterCount)
    }

    @Test func theOrderOfModulesDoesNotMatter() throws {
        let model = try TinyModel.odd.model().configuration
        let one = LoRAConfiguration(targetModules: [.down, .query, .up])
        let other = LoRAConfiguration(targetModules: [.query, .up, .down])
        #expect(
            LoRALayout(configuration: one, model: model)
                == LoRALayout(configuration: other, model: model))
    }

    @Test func aNewAdapterHasKaimingAAndZeroB() throws {
        let model = try TinyModel.quantised.model().configuration
        let adapter = LoRAAdapter(
            configuration: LoRAConfiguration(rank: 16), model: model, seed: 4)
        for matrix in adapter.layout.matrices {
            let bound = 1 / Double(matrix.inputWidth).squareRoot()
            let a = adapter.parameters[matrix.aRange].map(Double.init)
            #expect(a.allSatisfy { abs($0) <= bound })
            let variance = a.reduce(0) { $0 + $1 * $1 } / Double(a.count)
            #expect(abs(variance / (bound * bound / 3) - 1) < 0.15)
            #expect(adapter.parameters[matrix.bRange].allSatisfy { $0 == 0 })
        }
        let again = LoRAAdapter(configuration: adapter.configuration, model: model, seed: 4)
        let other = LoRAAdapter(configuration: adapter.configuration, model: model, seed: 5)
        #expect(again.parameters == adapter.parameters && other.parameters != adapter.parameters)
    }
}
