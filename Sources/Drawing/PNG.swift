import CDuctusZlib
import Foundation

/// The PNG back end: Portable Network Graphics, ISO/IEC 15948, 8 bits per channel.
extension Drawing {
    /// The picture as a PNG file; gray if it has no other colours.
    ///
    /// - Throws: ``DrawingError/tooLarge(width:height:)`` or ``DrawingError/compression(_:)``.
    public func png() throws -> Data {
        guard width * height <= Raster.largestArea else { throw DrawingError.tooLarge(width: width, height: height) }
        var raster = Raster(width: width, height: height, background: background)
        for element in elements {
            switch element {
            case .line(let line): raster.draw(line)
            case .area(let area): raster.fill(area)
            case .text(let text):
                for line in text.lines() { raster.draw(line) }
            }
        }
        return try PNG.file(of: raster)
    }
}

enum PNG {
    static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    /// Header, pixels, end.
    static func file(of raster: Raster) throws(DrawingError) -> Data {
        let isGray = raster.pixels.allSatisfy { $0.red == $0.green && $0.green == $0.blue }
        var header = bigEndian(UInt32(raster.width)) + bigEndian(UInt32(raster.height))
        header += [8, isGray ? 0 : 2, 0, 0, 0]
        var file = Data(signature)
        file.append(chunk("IHDR", header))
        file.append(try chunk("IDAT", compressed(filteredRows(of: raster, isGray: isGray))))
        file.append(chunk("IEND", []))
        return file
    }

    /// The rows of the picture, each as its difference to the row above (filter type 2), which compresses well.
    private static func filteredRows(of raster: Raster, isGray: Bool) -> [UInt8] {
        let channels = isGray ? 1 : 3
        let stride = raster.width * channels
        var above = [UInt8](repeating: 0, count: stride)
        var row = above
        var rows: [UInt8] = []
        rows.reserveCapacity((stride + 1) * raster.height)
        for y in 0..<raster.height {
            for x in 0..<raster.width {
                let pixel = raster.pixels[y * raster.width + x]
                row[x * channels] = pixel.red
                guard !isGray else { continue }
                row[x * channels + 1] = pixel.green
                row[x * channels + 2] = pixel.blue
            }
            rows.append(2)
            for i in 0..<stride { rows.append(row[i] &- above[i]) }
            swap(&above, &row)
        }
        return rows
    }

    private static func compressed(_ bytes: [UInt8]) throws(DrawingError) -> [UInt8] {
        var length = compressBound(uLong(bytes.count))
        var output = [UInt8](repeating: 0, count: Int(length))
        let code = compress2(&output, &length, bytes, uLong(bytes.count), 6)
        guard code == Z_OK else { throw .compression(code) }
        return Array(output.prefix(Int(length)))
    }

    /// Length, type, data, and the CRC of type and data.
    private static func chunk(_ type: String, _ data: [UInt8]) -> Data {
        let body = Array(type.utf8) + data
        let check = UInt32(truncatingIfNeeded: crc32(0, body, uInt(body.count)))
        return Data(bigEndian(UInt32(data.count)) + body + bigEndian(check))
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        [UInt8(number >> 24), UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]
    }
}
