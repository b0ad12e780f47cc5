// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: warnings are errors, imports say what they expose.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// C is compiled with optimisation in every configuration; a model at -O0 is of no use to a test.
let kernels: [CSetting] = [
    .unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror", "-fno-math-errno"])
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func executable(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(
    name: "AsyncHTTPClient", package: "async-http-client")
let configuration = Target.Dependency.product(
    name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(
    name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "attune",
    products: [
        .executable(name: "attuned", targets: ["attuned"]),
        .executable(name: "attunectl", targets: ["attunectl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        .systemLibrary(name: "COpenBLAS"),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd"),
        .target(name: "CKernels", cSettings: kernels),

        library("LanguageModel", ["COpenBLAS", "CKernels"]),
        library("PreferenceLearning", ["LanguageModel"]),
        library("FeedbackStore", ["FeedbackFormats", grdb, crypto]),
        library("FeedbackFormats"),
        library("CheckpointStore", [crypto]),
        library(
            "ControlAPI",
            ["CheckpointStore", "FeedbackFormats", asyncHTTPClient, nioCore, nioHTTP1]),
        library("SystemdSupport", ["CSystemd", logging]),
        library(
            "AttuneDaemon",
            [
                "LanguageModel", "PreferenceLearning", "FeedbackStore", "FeedbackFormats",
                "CheckpointStore", "ControlAPI", "SystemdSupport", configuration, crypto,
                httpTypes, hummingbird, hummingbirdCore, logging, nioCore, nioPosix,
                serviceLifecycle, unixSignals,
            ]),
        executable("attuned", ["AttuneDaemon", argumentParser]),
        executable(
            "attunectl",
            [
                "ControlAPI", "CheckpointStore", "FeedbackFormats", argumentParser, subprocess,
                system,
            ]),

        .target(
            name: "TestSupport", dependencies: ["CheckpointStore", "LanguageModel"],
            path: "Tests/TestSupport", swiftSettings: strict),
        tests("LanguageModelTests", ["LanguageModel", "CKernels"], resources: [.copy("Fixtures")]),
        tests(
            "PreferenceLearningTests", ["PreferenceLearning", "LanguageModel", "TestSupport"],
            resources: [.copy("Fixtures")]),
        tests("FeedbackStoreTests", ["FeedbackStore", "FeedbackFormats", grdb]),
        tests("FeedbackFormatsTests", ["FeedbackFormats"], resources: [.copy("Fixtures")]),
        tests(
            "CheckpointStoreTests", ["CheckpointStore", "TestSupport", crypto],
            resources: [.copy("Fixtures")]),
        tests(
            "ControlAPITests",
            [
                "ControlAPI", "attunectl", "CheckpointStore", "FeedbackFormats", argumentParser,
                nioCore, nioHTTP1, nioPosix,
            ]),
        tests("SystemdSupportTests", ["SystemdSupport", logging]),
        tests(
            "AttuneDaemonTests",
            [
                "AttuneDaemon", "ControlAPI", "FeedbackStore", "FeedbackFormats",
                "CheckpointStore", "LanguageModel", "PreferenceLearning", "TestSupport",
                logging, serviceLifecycle,
            ]),
        tests("ArchitectureTests"),
        tests(
            "EndToEndTests",
            [
                "ControlAPI", "attunectl", "CheckpointStore", "FeedbackFormats", "TestSupport",
                subprocess, system,
            ]),
    ],
    swiftLanguageModes: [.v6]
)
