import DuctusFoundations
import DuctusInk
import Foundation

extension SensorRecording {
    /// Reads a table with a vector per line, numbers separated by commas, plain or gzip. A first line that is no numbers names the channels. A
    /// cell that is empty, or no finite number, is a number that is missing.
    ///
    /// - Parameter rate: vectors per second, which the table does not tell.
    /// - Throws: `SensorFileError.malformed`, or the reader's `FileError`.
    public static func readCSV(_ url: URL, rate: Double) throws -> SensorRecording {
        let reader = try LineReader(url)
        var channels: [String] = []
        var namesChannels = false
        var values: [Float] = []
        while let bytes = try reader.next() {
            let cells = String(decoding: bytes, as: UTF8.self).split(separator: ",", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            if cells == [""] { continue }
            if channels.isEmpty {
                namesChannels = cells.contains { !$0.isEmpty && Float($0) == nil }
                channels = namesChannels ? cells : cells.indices.map { "channel_\($0)" }
                if namesChannels { continue }
            }
            guard cells.count == channels.count else {
                throw SensorFileError.malformed(
                    path: reader.path, line: reader.line,
                    reason: "\(cells.count) cells, but there are \(channels.count) channels")
            }
            for cell in cells {
                guard let value = cell.isEmpty ? .nan : Float(cell) else {
                    throw SensorFileError.malformed(
                        path: reader.path, line: reader.line,
                        reason: "'\(cell)' is no number; leave a cell empty where one is missing")
                }
                values.append(value.isFinite ? value : .nan)
            }
        }
        return SensorRecording(
            id: url.lastPathComponent, subject: "", rate: rate, channels: channels, namesChannels: namesChannels,
            values: values)
    }
}
