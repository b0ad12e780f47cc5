/// A low-rank change of a model's linear layers, kept as one flat vector.
///
/// The engine applies it as a side path, `y = W·x + scale · B·(A·x)`; nothing is ever merged.
public struct LoRAAdapter: Sendable {
    public let configuration: LoRAConfiguration
    public let layout: LoRALayout

    /// All factors, in the order of `layout`.
    ///
    /// - Precondition: its length never changes.
    public var parameters: [Float] {
        didSet { precondition(parameters.count == layout.parameterCount) }
    }

    /// Makes an adapter that equals the base model: `B` is zero.
    ///
    /// `A` is uniform in `±1/√inputWidth`, which is Kaiming's rule with `a = √5` as PEFT uses it.
    /// - Postconditions: depends only on the arguments.
    public init(configuration: LoRAConfiguration, model: ModelConfiguration, seed: UInt64) {
        self.configuration = configuration
        layout = LoRALayout(configuration: configuration, model: model)
        var generator = SeededGenerator(seed: seed)
        var parameters = [Float](repeating: 0, count: layout.parameterCount)
        for matrix in layout.matrices {
            let bound = 1 / Double(matrix.inputWidth).squareRoot()
            for index in matrix.aRange {
                parameters[index] = Float((2 * generator.uniform() - 1) * bound)
            }
        }
        self.parameters = parameters
    }

    /// Takes factors that were made elsewhere.
    ///
    /// - Throws: `EngineError.parameterCount` when their number does not fit the layout,
    ///   `EngineError.parameterNotFinite` when one is NaN or infinite.
    public init(
        configuration: LoRAConfiguration, model: ModelConfiguration, parameters: [Float]
    ) throws {
        self.configuration = configuration
        layout = LoRALayout(configuration: configuration, model: model)
        guard parameters.count == layout.parameterCount else {
            throw EngineError.parameterCount(
                found: parameters.count, expected: layout.parameterCount)
        }
        if let index = parameters.firstIndex(where: { !$0.isFinite }) {
            throw EngineError.parameterNotFinite(index: index)
        }
        self.parameters = parameters
    }
}
