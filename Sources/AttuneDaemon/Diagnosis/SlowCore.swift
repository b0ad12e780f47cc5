/// The cores OpenBLAS falls back to when its table does not know the processor.
///
/// - Source: OpenBLAS 0.3.21 `driver/others/dynamic.c`: 4 to 5 times slower than the right kernels
///   on processors with AVX2 or AVX-512.
package enum SlowCore {
    package static let names: Set<String> = ["Prescott", "Generic", "generic"]
}
