import CDuctusZlib
import Foundation
import Testing

/// Reads the PNG pictures that this project writes, checking every length and checksum on the way.
struct PNGReader {
    private(set) var width = 0
    private(set) var height = 0
    private(set) var channels = 0
    private var pixels: [UInt8] = []

    init(_ file: Data) throws {
        let bytes = [UInt8](file)
        try #require(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
        var at = 8
        var types: [String] = []
        var compressed: [UInt8] = []
        while at < bytes.count {
            let length = Self.number(bytes[at..<at + 4])
            let body = Array(bytes[at + 4..<at + 8 + length])
            let type = String(decoding: body.prefix(4), as: UTF8.self)
            types.append(type)
            try #require(
                Int(crc32(0, body, uInt(body.count))) == Self.number(bytes[at + 8 + length..<at + 12 + length]))
            if type == "IDAT" { compressed += body.dropFirst(4) }
            if type == "IHDR" {
                width = Self.number(body[4..<8])
                height = Self.number(body[8..<12])
                try #require(body[12] == 8 && body[14...] == [0, 0, 0])
                channels = body[13] == 2 ? 3 : 1
            }
            at += 12 + length
        }
        try #require(types == ["IHDR", "IDAT", "IEND"])

        let stride = width * channels
        var rows = [UInt8](repeating: 0, count: (stride + 1) * height + 1)
        var size = uLong(rows.count)
        try #require(uncompress(&rows, &size, compressed, uLong(compressed.count)) == Z_OK)
        try #require(Int(size) == (stride + 1) * height)
        var above = [UInt8](repeating: 0, count: stride)
        for y in 0..<height {
            try #require(rows[y * (stride + 1)] == 2)
            for x in 0..<stride { above[x] &+= rows[y * (stride + 1) + 1 + x] }
            pixels += above
        }
    }

    /// The channels of a pixel.
    subscript(x: Int, y: Int) -> [UInt8] {
        Array(pixels[(y * width + x) * channels..<(y * width + x + 1) * channels])
    }

    /// How many pixels are not white.
    var inked: Int {
        (0..<width * height).count { pixel in (0..<channels).contains { pixels[pixel * channels + $0] < 255 } }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
