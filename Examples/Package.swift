// swift-tools-version: 6.1
import PackageDescription

/// A program for each article of the library's documentation. `make examples` builds and runs them.
let package = Package(
    name: "examples",
    dependencies: [.package(name: "ductus", path: "..")],
    targets: [
        .executableTarget(name: "read-file", dependencies: [.product(name: "Ductus", package: "ductus")]),
        .executableTarget(name: "read-pen", dependencies: [.product(name: "Ductus", package: "ductus")]),
        .executableTarget(
            name: "learn",
            dependencies: [
                .product(name: "Ductus", package: "ductus"), .product(name: "DuctusLearning", package: "ductus"),
            ]),
        .executableTarget(
            name: "talk-to-daemon",
            dependencies: [
                .product(name: "Ductus", package: "ductus"), .product(name: "DuctusClient", package: "ductus"),
            ]),
    ])
