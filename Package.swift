// swift-tools-version: 6.1
import PackageDescription

/// Tests are plain clients of `package` and `public` declarations, so one release build serves the programs and the tests.
let strict: [SwiftSetting] = [.swiftLanguageMode(.v6)]

/// One room of the house: the folder `Sources/<name>`, the module `Ductus<name>`, so that no import meets another package's module.
/// Each names every module that it imports. The imports go up this list only: a room knows those above it.
func room(_ name: String, _ rooms: [String] = [], _ others: [Target.Dependency] = []) -> Target {
    .target(
        name: "Ductus\(name)", dependencies: rooms.map { .target(name: module($0)) } + others, path: "Sources/\(name)",
        swiftSettings: strict)
}

/// The tests of one room, in `Tests/<name>Tests`.
func tests(
    _ name: String, of rooms: [String], _ others: [Target.Dependency] = [], exclude: [String] = [],
    resources: [Resource] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: rooms.map { .target(name: module($0)) } + others, exclude: exclude,
        resources: resources,
        swiftSettings: strict)
}

/// Rooms written in C begin with a C.
func module(_ name: String) -> String {
    name.hasPrefix("C") && name.dropFirst().first?.isUppercase == true ? "CDuctus\(name.dropFirst())" : "Ductus\(name)"
}

/// `DUCTUS_TESTS=Network,Ink` builds the tests of these rooms alone: a change of one room is tested in seconds instead of minutes.
let chosenTests = Context.environment["DUCTUS_TESTS"].map { Set($0.split(separator: ",").map { "\($0)Tests" }) }

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let sqlite = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

let package = Package(
    name: "ductus",
    products: [
        .executable(name: "ductusd", targets: ["ductusd"]),
        .executable(name: "ductus", targets: ["ductus"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    ],
    targets: [
        // C
        .target(
            name: "CDuctusKernels", path: "Sources/CKernels", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])]),
        .systemLibrary(
            name: "CDuctusOpenBLAS", path: "Sources/COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(
            name: "CDuctusZeroMQ", path: "Sources/CZeroMQ", pkgConfig: "libzmq", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CDuctusEvdev", path: "Sources/CEvdev"),
        .systemLibrary(
            name: "CDuctusZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // What several rooms need
        room("Foundations", ["CZlib"]),
        room("Randomness"),
        room("Drawing", ["Foundations", "CZlib"]),

        // What knows nothing of the others
        room("Ink", ["Foundations", "Randomness", "Drawing"]),
        room("Documents", ["Foundations", "Drawing", "Ink", "CZlib"]),
        room("Network", ["Foundations", "Randomness", "CKernels", "COpenBLAS"]),
        room("Decoding", ["Foundations", "Randomness"]),
        room("Transport", ["Foundations", "CZeroMQ"]),

        // What composes them, in the way of the data
        room("Recognition", ["Foundations", "Randomness", "Drawing", "Ink", "Network", "Decoding"]),
        room("Pages", ["Drawing", "Ink", "Recognition"]),
        room(
            "Training",
            ["Foundations", "Randomness", "Drawing", "Ink", "Documents", "Network", "Decoding", "Recognition"]),
        room("Streaming", ["Foundations", "Ink", "Network", "Decoding", "Recognition", "Pages"]),
        room(
            "Adaptation", ["Foundations", "Randomness", "Ink", "Network", "Decoding", "Recognition", "Training"],
            [sqlite]),
        room("NoteIndex", ["Foundations"], [sqlite]),
        room("Tablet", ["Foundations", "Ink", "CEvdev"]),
        room("Wire", ["Foundations", "Ink", "Recognition", "Streaming"], [protobuf]),
        room(
            "Daemon",
            [
                "Foundations", "Ink", "Documents", "Network", "Recognition", "Streaming", "Adaptation", "Wire",
                "Transport",
            ],
            [
                logging, metrics, "Yams", "FlyingFox", .product(name: "FlyingSocks", package: "FlyingFox"),
            ]),

        // Programs
        .executableTarget(
            name: "ductusd",
            dependencies: ["DuctusDaemon", "DuctusStreaming", "DuctusFoundations", argumentParser, logging],
            swiftSettings: strict),
        .executableTarget(
            name: "ductus",
            dependencies: [
                "DuctusFoundations", "DuctusRandomness", "DuctusDrawing", "DuctusInk", "DuctusDocuments",
                "DuctusNetwork",
                "DuctusDecoding",
                "DuctusRecognition", "DuctusPages", "DuctusTraining", "DuctusStreaming", "DuctusAdaptation",
                "DuctusTablet",
                "DuctusWire",
                "DuctusTransport", "DuctusDaemon", "DuctusNoteIndex", argumentParser,
            ],
            swiftSettings: strict),

        // Tests: one folder per room
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        .target(
            name: "StreamingTestSupport",
            dependencies: [
                "DuctusFoundations", "DuctusStreaming", "DuctusRecognition", "DuctusDecoding", "DuctusInk",
                "DuctusNetwork",
                "DuctusRandomness",
            ],
            path: "Tests/StreamingTestSupport", swiftSettings: strict),
        tests("CKernels", of: ["CKernels", "Randomness"]),
        tests(
            "Network", of: ["Foundations", "Network", "Randomness"], ["AllocationCounter"], resources: [.copy("golden")]
        ),
        tests("Ink", of: ["Foundations", "Drawing", "Ink", "Documents", "Randomness", "CZlib"], ["InkTestSupport"]),
        tests("NoteIndex", of: ["Foundations", "NoteIndex"]),
        .target(
            name: "InkTestSupport", dependencies: ["DuctusInk", "DuctusRandomness"], path: "Tests/InkTestSupport",
            swiftSettings: strict),
        tests(
            "Documents", of: ["Foundations", "Drawing", "Ink", "Documents", "Randomness", "CZlib"], ["InkTestSupport"]),
        tests("Decoding", of: ["Foundations", "Decoding", "Randomness"]),
        tests(
            "Recognition", of: ["Foundations", "Drawing", "Recognition", "Decoding", "Ink", "Network", "Randomness"]),
        tests("Pages", of: ["Pages", "Recognition", "Decoding", "Ink", "Network", "Randomness"]),
        tests(
            "Training",
            of: ["Foundations", "Drawing", "Training", "Recognition", "Decoding", "Ink", "Network", "Randomness"]),
        tests("Adaptation", of: ["Foundations", "Adaptation", "Recognition", "Decoding", "Ink", "Network"]),
        tests(
            "Wire", of: ["Foundations", "Wire", "Transport", "Streaming", "Recognition", "Adaptation", "Ink"],
            [protobuf]),
        tests("Tablet", of: ["Tablet", "Ink"], exclude: ["small.evemu", "small.libinput.yml"]),
        tests("Transport", of: ["Foundations", "Transport"]),
        tests(
            "Streaming", of: ["Foundations", "Streaming", "Recognition", "Decoding", "Ink", "Network", "Randomness"],
            ["StreamingTestSupport"]),
        tests(
            "Daemon",
            of: [
                "Foundations", "Daemon", "Adaptation", "Wire", "Transport", "Streaming", "Recognition", "Ink",
                "Documents", "Network", "Randomness",
            ],
            ["StreamingTestSupport", logging, metrics, "FlyingFox"]),
        tests(
            "Fuzz",
            of: [
                "Foundations", "Drawing", "Ink", "Documents", "Network", "Decoding", "Recognition", "Streaming",
                "Adaptation", "Tablet", "Wire",
                "Transport", "Daemon", "Randomness", "Training",
            ],
            ["StreamingTestSupport", "InkTestSupport"], exclude: ["coverage"]),
        tests(
            "System",
            of: [
                "Foundations", "Daemon", "Adaptation", "Wire", "Transport", "Streaming", "Recognition", "Ink",
                "Network", "Randomness",
            ],
            ["StreamingTestSupport"]),
    ].filter { $0.type != .test || chosenTests?.contains($0.name) != false }
)
