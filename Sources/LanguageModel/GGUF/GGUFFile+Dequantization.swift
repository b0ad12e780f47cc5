internal import CKernels

extension GGUFFile {
    /// The tensor's elements in float32, bit for bit as gguf-py dequantises them.
    ///
    /// - Precondition: `tensor` is one of this file's.
    public func dequantized(_ tensor: GGUFTensor) -> [Float] {
        let source = bytes(of: tensor)
        return [Float](unsafeUninitializedCapacity: tensor.elementCount) { buffer, count in
            attune_dequantize(
                tensor.type.rawValue, source.baseAddress, buffer.baseAddress, tensor.elementCount)
            count = tensor.elementCount
        }
    }
}
