import Foundation
import LanguageModel

/// The model's equations in double precision, one token at a time, with nothing shared or fused.
///
/// It reads the weights by itself and takes one plain sequence: what the engine is compared with.
struct NaiveTransformer {
    typealias Vector = [Double]

    let model: ModelConfiguration
    private var tensors: [String: Vector] = [:]

    init(_ file: GGUFFile) throws {
        model = try ModelConfiguration(file: file)
        for tensor in file.tensors {
            tensors[tensor.name] = file.dequantized(tensor).map(Double.init)
        }
    }

    /// The logits after every token; `parameters` are an adapter's, in its layout.
    func logits(
        _ tokens: [TokenID], layout: LoRALayout? = nil, parameters: Vector = [], scale: Double = 0
    ) -> [Vector] {
        var matrices: [String: LoRAMatrix] = [:]
        for matrix in layout?.matrices ?? [] { matrices[matrix.name] = matrix }
        func apply(_ name: String, _ x: Vector) -> Vector {
            var y = product(tensors[name + ".weight"]!, x)
            guard let matrix = matrices[name] else { return y }
            let low = product(Vector(parameters[matrix.aRange]), x)
            for (row, value) in product(Vector(parameters[matrix.bRange]), low).enumerated() {
                y[row] += scale * value
            }
            return y
        }
        var stream = tokens.map { token in
            Vector(
                tensors["token_embd.weight"]![
                    Int(token) * model.width..<(Int(token) + 1) * model.width])
        }
        for layer in 0..<model.layerCount {
            let block = "blk.\(layer)."
            let normed = stream.map { norm($0, tensors[block + "attn_norm.weight"]!) }
            let queries = normed.enumerated().map { rotated(apply(block + "attn_q", $1), at: $0) }
            let keys = normed.enumerated().map { rotated(apply(block + "attn_k", $1), at: $0) }
            let values = normed.map { apply(block + "attn_v", $0) }
            for position in tokens.indices {
                let mixed = attention(
                    queries[position], keys[...position], values[...position])
                stream[position] = sum(stream[position], apply(block + "attn_output", mixed))
                let inner = norm(stream[position], tensors[block + "ffn_norm.weight"]!)
                let gate = apply(block + "ffn_gate", inner)
                let up = apply(block + "ffn_up", inner)
                let activated = zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 }
                stream[position] = sum(stream[position], apply(block + "ffn_down", activated))
            }
        }
        let head = tensors["output.weight"] ?? tensors["token_embd.weight"]!
        return stream.map { product(head, norm($0, tensors["output_norm.weight"]!)) }
    }

    /// Log-probabilities of a response's tokens.
    func logps(
        prompt: [TokenID], response: [TokenID], layout: LoRALayout? = nil, parameters: Vector = [],
        scale: Double = 0
    ) -> Vector {
        let logits = logits(
            prompt + response, layout: layout, parameters: parameters, scale: scale)
        return response.enumerated().map { index, token in
            Self.logSoftmax(logits[prompt.count + index - 1])[Int(token)]
        }
    }

    static func logSoftmax(_ logits: Vector) -> Vector {
        let most = logits.max()!
        let total = most + log(logits.reduce(0) { $0 + exp($1 - most) })
        return logits.map { $0 - total }
    }

    private func product(_ matrix: Vector, _ x: Vector) -> Vector {
        matrix.withUnsafeBufferPointer { matrix in
            (0..<matrix.count / x.count).map { row in
                var sum = 0.0
                for column in x.indices { sum += matrix[row * x.count + column] * x[column] }
                return sum
            }
        }
    }

    private func sum(_ a: Vector, _ b: Vector) -> Vector { zip(a, b).map(+) }

    private func norm(_ x: Vector, _ gain: Vector) -> Vector {
        let square = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
        let factor = 1 / (square + Double(model.rmsEpsilon)).squareRoot()
        return zip(x, gain).map { $0 * factor * $1 }
    }

    private func rotated(_ x: Vector, at position: Int) -> Vector {
        var y = x
        for head in stride(from: 0, to: x.count, by: model.headSize) {
            for pair in 0..<model.ropeDimensionCount / 2 {
                let power = -2 * Double(pair) / Double(model.ropeDimensionCount)
                let angle = Double(position) * pow(Double(model.ropeBase), power)
                let (even, odd) = (x[head + 2 * pair], x[head + 2 * pair + 1])
                y[head + 2 * pair] = even * cos(angle) - odd * sin(angle)
                y[head + 2 * pair + 1] = even * sin(angle) + odd * cos(angle)
            }
        }
        return y
    }

    private func attention(
        _ query: Vector, _ keys: ArraySlice<Vector>, _ values: ArraySlice<Vector>
    ) -> Vector {
        let size = model.headSize
        var result = Vector(repeating: 0, count: query.count)
        for head in 0..<model.headCount {
            let own = head * size
            let shared = head * model.keyValueHeadCount / model.headCount * size
            let scores = keys.map { key in
                (0..<size).reduce(0) { $0 + query[own + $1] * key[shared + $1] }
                    / Double(size).squareRoot()
            }
            for (logp, value) in zip(Self.logSoftmax(scores), values) {
                for index in 0..<size { result[own + index] += exp(logp) * value[shared + index] }
            }
        }
        return result
    }
}
