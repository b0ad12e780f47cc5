// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that a comparison does not make the project build one executable more.
// Its sources but one are links to the project's.
let package = Package(
    name: "engine-comparison",
    targets: [
        .systemLibrary(name: "COpenBLAS"),
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])]),
        .target(
            name: "LanguageModel", dependencies: ["COpenBLAS", "CKernels"],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ]),
        .executableTarget(name: "engine", dependencies: ["LanguageModel"]),
    ],
    swiftLanguageModes: [.v6]
)
