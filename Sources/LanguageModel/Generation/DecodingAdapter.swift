/// An adapter laid out for decoding: `B` is transposed, so that it is added column by column.
final class DecodingAdapter {
    struct Path {
        /// `[rank, inputWidth]`
        let a: UnsafePointer<Float>
        /// `[rank, outputWidth]`
        let transposedB: UnsafePointer<Float>
        let rank: Int
        let scale: Float
        /// `[samples, rank]`: room for the inner values.
        let low: UnsafeMutablePointer<Float>
    }

    private let view: AdapterView
    private let model: ModelConfiguration
    private let transposed = FloatBuffer()
    private let low = FloatBuffer()
    private var paths: [Path?] = []

    /// - Parameter capacity: the most samples of a step.
    init(_ view: AdapterView, model: ModelConfiguration, capacity: Int) {
        self.view = view
        self.model = model
        let modules = TargetModule.allCases
        let outputs = modules.reduce(0) { $0 + model.outputWidth(of: $1) }
        var target = transposed.reserve(model.layerCount * outputs * view.rank)
        let lowSize = FloatArena.size(capacity * view.rank)
        let lowBase = low.reserve(modules.count * lowSize)
        for layer in 0..<model.layerCount {
            for (number, module) in modules.enumerated() {
                guard let path = view[layer, module] else {
                    paths.append(nil)
                    continue
                }
                let width = model.outputWidth(of: module)
                path.transposeB(0..<width, into: target, stride: width)
                paths.append(
                    Path(
                        a: path.a, transposedB: target, rank: path.rank, scale: view.scale,
                        low: lowBase + number * lowSize))
                target += path.rank * width
            }
        }
    }

    subscript(layer: Int, module: TargetModule) -> Path? {
        paths[layer * TargetModule.allCases.count + module.index]
    }
}
