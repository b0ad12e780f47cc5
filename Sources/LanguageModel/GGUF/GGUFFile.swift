/// A GGUF model file, mapped into memory, with every bound in it checked.
///
/// Versions 2 and 3, little-endian. Opening reads only the header, the metadata and the tensor
/// table; tensor data is paged in when used. Memory allocated while opening is bounded by a small
/// multiple of the metadata's own size, whatever the counts in the file claim.
///
/// - Source: the GGUF specification of the ggml project.
public struct GGUFFile: Sendable {
    public let path: String
    public let metadata: [String: GGUFValue]
    public let tensors: [GGUFTensor]
    private let indexOfTensor: [String: Int]
    private let mapping: FileMapping

    public init(path: String) throws(GGUFError) {
        try self.init(mapping: FileMapping(path: path), path: path)
    }

    /// Reads a file whose bytes are in memory.
    package init(bytes: [UInt8]) throws(GGUFError) {
        try self.init(mapping: FileMapping(copying: bytes), path: "memory")
    }

    private init(mapping: FileMapping, path: String) throws(GGUFError) {
        var parser = GGUFParser(mapping: mapping)
        try parser.parse()
        self.path = path
        self.mapping = mapping
        metadata = parser.metadata
        tensors = parser.tensors
        indexOfTensor = parser.indexOfTensor
    }

    /// The size of the file in bytes.
    public var byteCount: Int { mapping.bytes.count }

    /// Takes the mapped pages out of this process's memory until they are read again.
    func releasePages() {
        mapping.release()
    }

    public func tensor(named name: String) -> GGUFTensor? {
        indexOfTensor[name].map { tensors[$0] }
    }

    /// The tensor's bytes in the mapping, valid while this value or a copy of it lives.
    ///
    /// - Precondition: `tensor` is one of this file's.
    public func bytes(of tensor: GGUFTensor) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            rebasing: mapping.bytes[tensor.byteOffset..<tensor.byteOffset + tensor.byteCount])
    }
}
