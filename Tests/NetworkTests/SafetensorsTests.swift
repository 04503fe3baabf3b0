import DuctusNetwork
import Foundation
import Testing

@Suite struct SafetensorsTests {
    static let sample = Safetensors(
        tensors: [
            "a": Tensor(shape: [2, 3], values: [1, -2, 0.5, 0, 3.25, -0.125]), "b": Tensor(shape: [], values: [7]),
            "empty": Tensor(shape: [0, 4], values: []),
        ],
        metadata: ["note": "quotes \" and \\ and \n and ü😀"])

    /// A file with the given header and body.
    static func file(_ header: String, body: [UInt8] = []) -> [UInt8] {
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + body
    }

    @Test func whatIsWrittenIsReadBack() throws {
        #expect(try Safetensors(bytes: [UInt8](Self.sample.encoded())) == Self.sample)
        // These numbers are exact in 16 bits, too.
        #expect(try Safetensors(bytes: [UInt8](Self.sample.encoded(storage: .f16))) == Self.sample)
        #expect(try Self.sample.encoded() == Self.sample.encoded())
    }

    @Test func halfPrecisionRoundsToTheNearest() throws {
        let values: [Float] = [1.0001, 65504, 1e-9, -0.333333]
        let file = Safetensors(tensors: ["x": Tensor(values)], metadata: [:])
        let read = try #require(Safetensors(bytes: [UInt8](file.encoded(storage: .f16))).tensors["x"]).values
        for (found, expected) in zip(read, values) { #expect(abs(found - expected) <= max(abs(expected) / 2048, 6e-8)) }
        #expect(throws: SafetensorsError.beyondHalfRange(tensor: "x", value: 70000)) {
            try Safetensors(tensors: ["x": Tensor([70000])], metadata: [:]).encoded(storage: .f16)
        }
    }

    @Test func aFileOnDiskIsReplacedWhole() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("ductus-\(UUID()).safetensors")
        defer { try? FileManager.default.removeItem(at: url) }
        try Self.sample.write(to: url)
        var second = Self.sample
        second.metadata["note"] = "second"
        try second.write(to: url)
        #expect(try Safetensors(contentsOf: url) == second)
        let beside = try FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)
        #expect(!beside.contains { $0.hasPrefix(".\(url.lastPathComponent)") })
    }

    @Test func missingFilesAndFoldersAreNamed() {
        let missing = URL(fileURLWithPath: "/nonexistent/model.safetensors")
        #expect { try Safetensors(contentsOf: missing) } throws: { "\($0)".contains(missing.path) }
        #expect { try Safetensors(contentsOf: URL(fileURLWithPath: "/dev/zero")) } throws: {
            $0 as? SafetensorsError == .unreadable(path: "/dev/zero", reason: "not a regular file")
        }
        #expect { try Self.sample.write(to: missing) } throws: { "\($0)".contains("cannot be written") }
    }

    @Test func numbersThatAreNotFiniteAreRefusedBothWays() throws {
        #expect(throws: SafetensorsError.nonFinite(tensor: "x", index: 1)) {
            try Safetensors(tensors: ["x": Tensor([0, .infinity])], metadata: [:]).encoded()
        }
        let header = #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
        #expect(throws: SafetensorsError.nonFinite(tensor: "x", index: 1)) {
            try Safetensors(bytes: Self.file(header, body: [0, 0, 0, 0, 0, 0, 0xc0, 0x7f]))
        }
    }

    static let faults: [(String, Int, SafetensorsError)] = [
        (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, .beyondFile(tensor: "x", end: 8, available: 4)),
        (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 12, .unusedBytes(before: nil, count: 4)),
        (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, .unusedBytes(before: "x", count: 4)),
        (
            #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            8, .overlap(tensor: "y", with: "x")
        ),
        (
            #"{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8,
            .sizeMismatch(tensor: "x", shape: [3], expected: 12, found: 8)
        ),
        (
            #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}"#, 8,
            .offsetsOutOfOrder(tensor: "x", begin: 8, end: 4)
        ),
        (#"{"x":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#, 8, .unsupportedType(tensor: "x", type: "I64")),
        (
            #"{"x":{"dtype":"F32","shape":[4611686018427387904,2],"data_offsets":[0,8]}}"#, 8,
            .shapeTooLarge(tensor: "x")
        ),
        (#"{"x":{"dtype":"F32","shape":[1]}}"#, 4, .missingField(tensor: "x", field: "data_offsets")),
        (#"{"x":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, .missingField(tensor: "x", field: "shape")),
        (#"{"x":{"shape":[1],"data_offsets":[0,4]}}"#, 4, .missingField(tensor: "x", field: "dtype")),
        (#"{"x":{"color":1}}"#, 0, .unknownField(tensor: "x", field: "color")),
        (
            #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            4, .duplicateName("x")
        ),
        (#"{"x":{"dtype":"F32","dtype":"F32"}}"#, 0, .duplicateName("x.dtype")),
        (#"{"__metadata__":{"k":"1","k":"2"}}"#, 0, .duplicateName("k")),
        (
            #"{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4,
            .malformedHeader(byte: 29, reason: "expected a non-negative integer")
        ),
        (
            #"{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4,
            .malformedHeader(byte: 30, reason: "expected ]")
        ),
        (
            #"{"x":{"dtype":"F32","shape":[99999999999999999999]}}"#, 4,
            .malformedHeader(byte: 47, reason: "a number is too large")
        ),
        (#"{"__metadata__":{"k":1}}"#, 0, .malformedHeader(byte: 21, reason: "expected \"")),
        ("{", 0, .malformedHeader(byte: 1, reason: "expected \"")),
        ("", 0, .malformedHeader(byte: 0, reason: "expected {")),
        ("{} x", 0, .malformedHeader(byte: 3, reason: "something follows the header's object")),
        (#"{"a\q":"#, 0, .malformedHeader(byte: 5, reason: "an unknown escape")),
        (#"{"\ud800":"#, 0, .malformedHeader(byte: 8, reason: "a lone surrogate")),
    ]

    @Test(arguments: faults.indices)
    func eachFaultHasItsError(index: Int) {
        let (header, body, expected) = Self.faults[index]
        #expect(throws: expected) {
            try Safetensors(bytes: Self.file(header, body: [UInt8](repeating: 0, count: body)))
        }
        #expect(!expected.description.isEmpty)
    }

    @Test func lengthsThatCannotBeAreRefusedBeforeAnythingIsRead() {
        #expect(throws: SafetensorsError.truncatedLength(bytes: 3)) { try Safetensors(bytes: [1, 2, 3]) }
        #expect(throws: SafetensorsError.headerTooLarge(length: .max, available: 2)) {
            try Safetensors(bytes: [UInt8](repeating: 0xff, count: 8) + [0, 0])
        }
    }
}
