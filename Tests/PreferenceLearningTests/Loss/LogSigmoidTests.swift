import Foundation
import PreferenceLearning
import Testing

@Suite struct LogSigmoidTests {
    @Test func equalsTheDefinitionWhereThatIsExact() {
        for x in stride(from: -20.0, through: 20, by: 0.37) {
            #expect(close(logSigmoid(x), -log(1 + exp(-x)), 1e-14))
            #expect(close(sigmoid(x), 1 / (1 + exp(-x)), 1e-15))
        }
        #expect(logSigmoid(0) == -log(2))
        #expect(sigmoid(0) == 0.5)
    }

    @Test func hugeArgumentsNeitherOverflowNorRoundToLogZero() {
        #expect(logSigmoid(-1e4) == -1e4)
        #expect(logSigmoid(1e4) == 0)
        // log σ(40) = −e⁻⁴⁰, which 1 + e⁻⁴⁰ would have lost.
        #expect(close(logSigmoid(40) / -exp(-40.0), 1, 1e-14))
        #expect(sigmoid(1e4) == 1)
        #expect(sigmoid(-1e4) == 0)
        #expect(logSigmoid(-.infinity) == -.infinity)
    }

    @Test func differenceOfBothSignsIsTheArgument() {
        for x in [-700.0, -3.5, -1e-9, 0, 2, 55, 700] {
            #expect(close(logSigmoid(x) - logSigmoid(-x), x, 1e-14))
            #expect(close(sigmoid(x) + sigmoid(-x), 1, 1e-15))
        }
    }

    @Test func notANumberPropagates() {
        #expect(logSigmoid(.nan).isNaN)
        #expect(sigmoid(.nan).isNaN)
    }
}
