import Foundation
import LanguageModel

/// Sees to it that OpenBLAS computes with kernels made for this processor.
public enum ProcessorKernels {
    /// Starts this program anew if OpenBLAS fell back to its oldest kernels.
    ///
    /// OpenBLAS reads `OPENBLAS_CORETYPE` when it is loaded, which is before `main`: a new start is
    /// the only way. An unknown name, such as `auto`, makes it look at the processor's features
    /// instead of its table of models. A value that is set already is respected; a name of a real
    /// core is never set, since a wrong one crashes.
    public static func restartIfSlow(arguments: [String] = CommandLine.arguments) {
        let name = "OPENBLAS_CORETYPE"
        guard getenv(name) == nil, SlowCore.names.contains(LinearAlgebraLibrary.coreName) else {
            return
        }
        setenv(name, "auto", 1)
        // An unprivileged process may not raise its threads' priority; libdispatch need not say so.
        setenv("LIBDISPATCH_LOG", "NO", 0)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        execv("/proc/self/exe", pointers)
        // The slow kernels compute the same; going on is better than not starting.
        pointers.forEach { free($0) }
    }
}
