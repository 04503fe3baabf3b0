// swift-tools-version: 6.1
import PackageDescription

/// Tests are plain clients of `package` and `public` declarations, so one release build serves the programs and the tests.
let strict: [SwiftSetting] = [.swiftLanguageMode(.v6)]

/// `DUCTUS_GUARD_PAGES=1` puts a page without access behind every buffer that kernels work in: a stray read or write stops the program.
let memory: [SwiftSetting] = Context.environment["DUCTUS_GUARD_PAGES"] == nil ? [] : [.define("DUCTUS_GUARD_PAGES")]

/// `DUCTUS_DATA=FOLDER` adds the tests that need the data sets, which are not part of the repository: `make test-data`.
let data: [SwiftSetting] = Context.environment["DUCTUS_DATA"] == nil ? [] : [.define("DUCTUS_DATA")]

/// `DUCTUS_SANITIZER=thread` tells the thread sanitizer of what it does not see in Swift's libraries: `make sanitize`.
let ordering = Context.environment["DUCTUS_SANITIZER"] == "thread"

/// One room of the house: the folder `Sources/<name>`, the module `Ductus<name>`, so that no import meets another package's module.
/// Each names every module that it imports. The imports go up this list only: a room knows those above it.
func room(
    _ name: String, _ rooms: [String] = [], _ others: [Target.Dependency] = [], settings: [SwiftSetting] = []
) -> Target {
    .target(
        name: "Ductus\(name)", dependencies: rooms.map { .target(name: module($0)) } + others, path: "Sources/\(name)",
        swiftSettings: strict + settings)
}

/// A module that other packages import, in `Sources/Library`. What it gives them is its own, and the types that its `Exports.swift` names.
func library(_ name: String, _ rooms: [String], _ others: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: rooms.map { .target(name: module($0)) } + others, path: "Sources/Library/\(name)",
        swiftSettings: strict)
}

/// The tests of one room, in `Tests/<name>Tests`.
func tests(
    _ name: String, of rooms: [String], _ others: [Target.Dependency] = [], exclude: [String] = [],
    resources: [Resource] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: rooms.map { .target(name: module($0)) } + others + (ordering ? ["ThreadSanitizerSupport"] : []),
        exclude: exclude, resources: resources,
        swiftSettings: strict + data)
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
let nio = [Target.Dependency](
    [
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
    ])
let sqlite = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

/// The pad's files are parts of the program: it serves them wherever it was installed.
let web = Target.target(
    name: "DuctusWeb",
    dependencies: [
        "DuctusFoundations", "DuctusDrawing", "DuctusInk", "DuctusDocuments", "DuctusRecognition", "DuctusStreaming",
        "DuctusNoteIndex", "DuctusTransport", "DuctusWire", protobuf,
    ] + nio,
    path: "Sources/Web",
    resources: [
        "index.html", "status.html", "pad.css", "pad.js", "ink.js", "save.js", "session.js", "status.js", "search.html",
        "search.js", "sw.js",
        "ductus.js", "icon.svg", "pad.webmanifest",
    ].map { .embedInCode("Pad/\($0)") } + [.embedInCode("API/openapi.json")],
    swiftSettings: strict)

let package = Package(
    name: "ductus",
    products: [
        .executable(name: "ductusd", targets: ["ductusd"]),
        .executable(name: "ductus", targets: ["ductus"]),
        .library(name: "Ductus", targets: ["Ductus"]),
        .library(name: "DuctusLearning", targets: ["DuctusLearning"]),
        .library(name: "DuctusClient", targets: ["DuctusClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C
        .target(name: "CDuctusKernels", path: "Sources/CKernels"),
        .systemLibrary(
            name: "CDuctusOpenBLAS", path: "Sources/COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(
            name: "CDuctusZeroMQ", path: "Sources/CZeroMQ", pkgConfig: "libzmq", providers: [.apt(["libzmq3-dev"])]),
        .target(name: "CDuctusHandover", path: "Sources/CHandover"),
        // Finds libpq and MPI at run time: neither is needed to build, nor to run without a cell.
        .target(name: "CDuctusPostgres", path: "Sources/CPostgres"),
        .target(name: "CDuctusMPI", path: "Sources/CMPI"),
        .systemLibrary(name: "CDuctusEvdev", path: "Sources/CEvdev"),
        .target(name: "CDuctusSystemd", path: "Sources/CSystemd"),
        .target(name: "CDuctusX11", path: "Sources/CX11"),
        .systemLibrary(
            name: "CDuctusZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // What several rooms need
        room("Foundations", ["CZlib"]),
        room("Randomness"),
        room("Messages", [], [protobuf]),
        room("Drawing", ["Foundations", "CZlib"]),

        // What knows nothing of the others
        room("Ink", ["Foundations", "Randomness", "Drawing"]),
        room("Documents", ["Foundations", "Drawing", "Ink", "CZlib"]),
        room("Network", ["Foundations", "Randomness", "CKernels", "COpenBLAS"], settings: memory),
        room("Decoding", ["Foundations", "Randomness"]),
        room("Transport"),
        room("TransportZeroMQ", ["Transport", "CZeroMQ", "CHandover"]),

        // What composes them, in the way of the data
        room("Recognition", ["Foundations", "Randomness", "Drawing", "Ink", "Network", "Decoding"]),
        room("Pages", ["Drawing", "Ink", "Recognition"]),
        room(
            "Training",
            ["Foundations", "Randomness", "Drawing", "Ink", "Documents", "Network", "Decoding", "Recognition"]),
        room("Streaming", ["Foundations", "Ink", "Network", "Decoding", "Recognition", "Pages"]),
        room(
            "Adaptation",
            [
                "Foundations", "Randomness", "Messages", "Ink", "Network", "Decoding", "Recognition", "Training",
                "Streaming",
            ],
            [sqlite, protobuf]),
        room(
            "Cluster", ["Foundations", "Network", "Recognition", "Streaming", "Adaptation", "CPostgres", "CMPI"]),
        room("NoteIndex", ["Foundations", "Drawing", "Ink", "Documents"], [sqlite]),
        room("Tablet", ["Foundations", "Ink", "CEvdev"]),
        room("Wire", ["Foundations", "Messages", "Ink", "Recognition", "Streaming"], [protobuf]),
        web,
        room(
            "Keyboard",
            [
                "Foundations", "Ink", "Streaming", "Tablet", "Wire", "Transport", "TransportZeroMQ", "CSystemd", "CX11",
            ]),
        room(
            "Daemon",
            [
                "Foundations", "Ink", "Documents", "Network", "Decoding", "Recognition", "Pages", "Streaming",
                "Adaptation", "Cluster", "NoteIndex", "Wire", "Transport", "TransportZeroMQ", "Web",
            ],
            [logging, metrics, "Yams"]),

        // For other packages: what reads has neither sockets nor a database
        library(
            "Ductus",
            [
                "Foundations", "Drawing", "Ink", "Documents", "Decoding", "Recognition", "Pages", "Streaming",
            ]),
        library(
            "DuctusLearning", ["Foundations", "Recognition", "Streaming", "Adaptation"], ["Ductus"]),
        library(
            "DuctusClient", ["Ink", "Pages", "Streaming", "Wire", "Transport", "TransportZeroMQ"], ["Ductus"]),

        // Programs
        .executableTarget(
            name: "ductusd",
            dependencies: [
                "DuctusDaemon", "DuctusAdaptation", "DuctusStreaming", "DuctusFoundations", "DuctusTransport",
                "DuctusWeb", argumentParser, logging,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "ductus",
            dependencies: [
                "DuctusFoundations", "DuctusRandomness", "DuctusDrawing", "DuctusInk", "DuctusDocuments",
                "DuctusNetwork",
                "DuctusDecoding",
                "DuctusRecognition", "DuctusPages", "DuctusTraining", "DuctusStreaming", "DuctusAdaptation",
                "DuctusCluster", "DuctusTablet",
                "DuctusWire",
                "DuctusTransport", "DuctusTransportZeroMQ", "DuctusWeb", "DuctusKeyboard", "DuctusDaemon",
                "DuctusNoteIndex", "DuctusClient", argumentParser,
            ],
            swiftSettings: strict),

        // Tests: one folder per room
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        .target(name: "ThreadSanitizerSupport", path: "Tests/ThreadSanitizerSupport"),
        .target(name: "ProgramTestSupport", path: "Tests/ProgramTestSupport", swiftSettings: strict),
        .target(
            name: "StreamingTestSupport",
            dependencies: [
                "DuctusFoundations", "DuctusStreaming", "DuctusRecognition", "DuctusDecoding", "DuctusInk",
                "DuctusNetwork",
                "DuctusRandomness",
            ],
            path: "Tests/StreamingTestSupport", swiftSettings: strict),
        tests("Foundations", of: ["Foundations"], ["ProgramTestSupport"]),
        tests("Randomness", of: ["Randomness"]),
        // The rules of the house, which hold for all files
        tests("Repository", of: []),
        .target(
            name: "AdaptationTestSupport",
            dependencies: [
                "DuctusFoundations", "DuctusAdaptation", "DuctusStreaming", "DuctusRecognition", "DuctusDecoding",
                "DuctusInk", "DuctusNetwork",
            ],
            path: "Tests/AdaptationTestSupport", swiftSettings: strict),
        tests("CKernels", of: ["CKernels", "Randomness"], ["ProgramTestSupport"]),
        tests(
            "Network", of: ["Foundations", "Network", "Randomness"], ["AllocationCounter"], resources: [.copy("golden")]
        ),
        tests("Ink", of: ["Foundations", "Drawing", "Ink", "Documents", "Randomness", "CZlib"], ["InkTestSupport"]),
        tests("NoteIndex", of: ["Foundations", "Drawing", "Ink", "Documents", "NoteIndex"]),
        .target(
            name: "InkTestSupport", dependencies: ["DuctusInk", "DuctusRandomness"], path: "Tests/InkTestSupport",
            swiftSettings: strict + data),
        tests(
            "Documents", of: ["Foundations", "Drawing", "Ink", "Documents", "Randomness", "CZlib"], ["InkTestSupport"]),
        .target(
            name: "DecodingTestSupport", dependencies: ["DuctusDecoding"], path: "Tests/DecodingTestSupport",
            swiftSettings: strict),
        tests("Decoding", of: ["Foundations", "Decoding", "Randomness"], ["DecodingTestSupport"]),
        tests(
            "Recognition", of: ["Foundations", "Drawing", "Recognition", "Decoding", "Ink", "Network", "Randomness"]),
        tests(
            "Pages", of: ["Drawing", "Pages", "Recognition", "Decoding", "Ink", "Network", "Randomness"],
            ["StreamingTestSupport"]),
        tests(
            "Training",
            of: [
                "Foundations", "Drawing", "Training", "Recognition", "Decoding", "Ink", "Documents", "Network",
                "Randomness",
            ]),
        tests(
            "Adaptation",
            of: ["Foundations", "Adaptation", "Streaming", "Recognition", "Decoding", "Ink", "Network", "Randomness"],
            ["AdaptationTestSupport", "StreamingTestSupport"]),
        tests(
            "Cluster", of: ["Foundations", "Streaming", "Adaptation", "Cluster"],
            ["AdaptationTestSupport", "ProgramTestSupport"]),
        tests(
            "Wire",
            of: ["Foundations", "Wire", "Transport", "TransportZeroMQ", "Streaming", "Recognition", "Ink"],
            ["ProgramTestSupport", protobuf]),
        tests("Tablet", of: ["Tablet", "Ink"], exclude: ["small.evemu", "small.libinput.yml"]),
        tests(
            "Library", of: ["Foundations", "Recognition", "Decoding", "Ink", "Network", "Randomness", "Streaming"],
            ["Ductus", "DuctusLearning", "StreamingTestSupport"]),
        tests(
            "Keyboard", of: ["Keyboard", "Tablet", "Streaming", "Ink", "Drawing", "Documents", "Randomness"],
            ["InkTestSupport"]),
        tests("Transport", of: ["Transport"]),
        tests("TransportZeroMQ", of: ["Transport", "TransportZeroMQ", "CZeroMQ", "CHandover"]),
        tests(
            "Streaming",
            of: [
                "Foundations", "Pages", "Streaming", "Recognition", "Decoding", "Ink", "Network", "Randomness",
            ],
            ["StreamingTestSupport"]),
        tests(
            "Web",
            of: ["Foundations", "Drawing", "Ink", "Documents", "NoteIndex", "Streaming", "Transport", "Web", "Wire"],
            [.product(name: "NIOHTTP1", package: "swift-nio")]),
        tests(
            "Daemon",
            of: [
                "Foundations", "Daemon", "Adaptation", "Wire", "Transport", "TransportZeroMQ", "Streaming",
                "Recognition", "Ink", "Network", "Randomness", "Documents", "Web",
            ],
            ["StreamingTestSupport", logging, metrics, .product(name: "NIOHTTP1", package: "swift-nio")]),
        tests(
            "Fuzz",
            of: [
                "Foundations", "Drawing", "Ink", "Network", "Decoding", "Recognition", "Streaming", "Adaptation",
                "Tablet", "Wire", "Transport", "TransportZeroMQ", "Daemon", "Randomness", "Training", "Documents",
            ],
            ["StreamingTestSupport", "InkTestSupport", "DecodingTestSupport"], exclude: ["coverage"]),
        tests(
            "System",
            of: [
                "Foundations", "Daemon", "Adaptation", "Wire", "Transport", "TransportZeroMQ", "Streaming",
                "Recognition", "Ink", "Network", "Randomness",
            ],
            ["StreamingTestSupport", "ProgramTestSupport"],
            exclude: [
                "Pad/chromium.py", "Pad/pad_check.py", "Client/clients_check.py", "Keyboard/desktop.py",
                "Keyboard/keyboard_check.py", "Keyboard/writing.py", "Keyboard/checks_of_fields.py",
                "Keyboard/checks_of_corrections.py", "Keyboard/checks_of_secrets.py", "Keyboard/checks_of_lives.py",
                "Keyboard/guide_picture.py", "Keyboard/gtk_field.py", "Keyboard/qt_field.py",
                "Keyboard/chromium_field.py", "Keyboard/ink_on_screen.py",
                "Notes/xournalpp_check.py",
            ]),
    ].filter { ordering || $0.name != "ThreadSanitizerSupport" }
        .filter { $0.type != .test || chosenTests?.contains($0.name) != false }
)
