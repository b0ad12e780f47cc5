import PreferenceLearning
import Testing

@Suite struct GradientClippingTests {
    @Test func longGradientsEndAtTheBoundWithTheirDirection() {
        var gradient: [Float] = [3, 0, -4]
        #expect(clip(&gradient, toNorm: 1) == 5)
        let norm = clip(&gradient, toNorm: 1)
        #expect(abs(norm - 1) < 1e-6)
        #expect(abs(gradient[0] - 0.6) < 1e-6 && gradient[1] == 0)
        #expect(abs(gradient[2] + 0.8) < 1e-6)
    }

    @Test func shortGradientsStayAsTheyAre() {
        var gradient: [Float] = [0.3, -0.4]
        #expect(abs(clip(&gradient, toNorm: 1) - 0.5) < 1e-7)
        #expect(gradient == [0.3, -0.4])
        var zero: [Float] = [0, 0]
        #expect(clip(&zero, toNorm: 1) == 0)
        #expect(zero == [0, 0])
    }

    @Test func theNormOfManySmallElementsIsNotLost() {
        var gradient = [Float](repeating: 1e-3, count: 4_000_000)
        #expect(close(clip(&gradient, toNorm: 10), 2, 1e-7))
    }

    @Test func anInfiniteGradientIsReported() {
        var gradient: [Float] = [1, .infinity]
        #expect(!clip(&gradient, toNorm: 1).isFinite)
        #expect(gradient == [1, .infinity])
    }
}
