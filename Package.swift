// swift-tools-version: 6.1
import PackageDescription

/// Tests are plain clients of `package` and `public` declarations, so one release build serves the program and its tests.
let strict: [SwiftSetting] = [.swiftLanguageMode(.v6)]

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
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CZeroMQ", pkgConfig: "libzmq", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CEvdev"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // What knows nothing of the others
        .target(name: "Randomness", swiftSettings: strict),
        .target(name: "Ink", dependencies: ["Randomness", "CZlib"], swiftSettings: strict),
        .target(name: "Network", dependencies: ["Randomness", "CKernels", "COpenBLAS"], swiftSettings: strict),
        .target(name: "Decoding", dependencies: ["Randomness"], swiftSettings: strict),
        .target(name: "Transport", dependencies: ["CZeroMQ"], swiftSettings: strict),

        // What composes them, left to right as the data goes. Each names every module that it imports, those that come through others
        // as well: the build would not notice that one of them changed.
        .target(name: "Recognition", dependencies: ["Ink", "Network", "Decoding", "Randomness"], swiftSettings: strict),
        .target(
            name: "Training", dependencies: ["Recognition", "Decoding", "Ink", "Network", "Randomness"], swiftSettings: strict),
        .target(name: "Streaming", dependencies: ["Recognition", "Decoding", "Ink", "Network"], swiftSettings: strict),
        .target(
            name: "Adaptation",
            dependencies: [
                "Training", "Recognition", "Decoding", "Ink", "Network", "Randomness",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(name: "Tablet", dependencies: ["Ink", "CEvdev"], swiftSettings: strict),
        .target(
            name: "Wire",
            dependencies: [
                "Ink", "Streaming", "Adaptation", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: strict),
        .target(
            name: "Daemon",
            dependencies: [
                "Wire", "Transport", "Streaming", "Adaptation", "Recognition", "Ink", "Network", "Yams", "FlyingFox",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: strict),

        // Programs
        .executableTarget(
            name: "ductusd",
            dependencies: [
                "Daemon", "Streaming", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "ductus",
            dependencies: [
                "Daemon", "Tablet", "Training", "Adaptation", "Wire", "Transport", "Streaming", "Recognition", "Decoding", "Ink",
                "Network", "Randomness", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Tests: one folder per target
        .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "Randomness"], swiftSettings: strict),
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        .testTarget(
            name: "NetworkTests", dependencies: ["Network", "Randomness", "AllocationCounter"], resources: [.copy("golden")],
            swiftSettings: strict),
        .testTarget(name: "InkTests", dependencies: ["Ink", "Randomness", "CZlib"], swiftSettings: strict),
        .testTarget(name: "DecodingTests", dependencies: ["Decoding", "Randomness"], swiftSettings: strict),
        .testTarget(
            name: "RecognitionTests", dependencies: ["Recognition", "Decoding", "Ink", "Network", "Randomness"],
            swiftSettings: strict),
        .testTarget(
            name: "TrainingTests", dependencies: ["Training", "Recognition", "Decoding", "Ink", "Network", "Randomness"],
            swiftSettings: strict),
        .testTarget(
            name: "AdaptationTests", dependencies: ["Adaptation", "Recognition", "Decoding", "Ink", "Network"],
            swiftSettings: strict),
        .testTarget(
            name: "WireTests",
            dependencies: [
                "Wire", "Transport", "Streaming", "Adaptation", "Ink", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TabletTests", dependencies: ["Tablet", "Ink"], exclude: ["small.evemu", "small.libinput.yml"],
            swiftSettings: strict),
        .testTarget(name: "TransportTests", dependencies: ["Transport"], swiftSettings: strict),
        .target(
            name: "StreamingTestSupport", dependencies: ["Streaming", "Recognition", "Decoding", "Ink", "Network", "Randomness"],
            path: "Tests/StreamingTestSupport", swiftSettings: strict),
        .testTarget(
            name: "StreamingTests",
            dependencies: ["Streaming", "StreamingTestSupport", "Recognition", "Decoding", "Ink", "Network", "Randomness"],
            swiftSettings: strict),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Daemon", "Adaptation", "StreamingTestSupport", "Wire", "Transport", "Streaming", "Recognition", "Ink", "Network", "Randomness",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "Ink", "Network", "Decoding", "Recognition", "Streaming", "Adaptation", "Tablet", "Wire", "Transport", "Daemon",
                "Randomness", "Training", "StreamingTestSupport",
            ],
            exclude: ["coverage"], swiftSettings: strict),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "Daemon", "Adaptation", "StreamingTestSupport", "Wire", "Transport", "Streaming", "Recognition", "Ink", "Network", "Randomness",
            ],
            swiftSettings: strict),
    ]
)
