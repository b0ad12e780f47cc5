/// The linear algebra library this process is linked with, for start-up and for people to read.
public enum LinearAlgebraLibrary {
    /// The processor core OpenBLAS chose its kernels for, such as `Cooperlake`.
    ///
    /// Chosen when the library is loaded, by its table of processors or by `OPENBLAS_CORETYPE`.
    public static var coreName: String { BLAS.coreName }
}
