// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that programs that drive the engine do not make the project build more
// executables. Its libraries are links to the project's.
let package = Package(
    name: "engine-programs",
    targets: [
        .systemLibrary(name: "COpenBLAS"),
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])]),
        library("LanguageModel", ["COpenBLAS", "CKernels"]),
        library("PreferenceLearning", ["LanguageModel"]),
        .executableTarget(name: "comparison", dependencies: ["LanguageModel"]),
        .executableTarget(
            name: "benchmark", dependencies: ["COpenBLAS", "LanguageModel", "PreferenceLearning"]),
    ],
    swiftLanguageModes: [.v6]
)

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies,
        swiftSettings: [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
        ])
}
