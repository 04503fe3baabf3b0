import DuctusWire
import Foundation
import Testing

@Suite struct FixtureTests {
    private func temporary() -> URL {
        URL(fileURLWithPath: NSTemporaryDirectory()).appending(path: "ductus-\(UUID().uuidString).fixture")
    }

    private func file(_ bytes: [UInt8]) throws -> URL {
        let url = temporary()
        try Data(bytes).write(to: url)
        return url
    }

    @Test func recordsComeBackInOrder() throws {
        let url = temporary()
        defer { try? FileManager.default.removeItem(at: url) }
        let records = (0..<300).map { index in
            FixtureRecord(
                topic: "ink.\(index % 3)", time: Int64(index * 1000),
                payload: [UInt8](repeating: 1, count: index * index % 5000))
        }
        let writer = try FixtureWriter(url)
        for record in records { try writer.append(record) }
        try writer.close()
        #expect(try FixtureReader.read(url) == records)
    }

    @Test func anEmptyFileHasNoRecords() throws {
        let url = try file([])
        defer { try? FileManager.default.removeItem(at: url) }
        #expect(try FixtureReader.read(url).isEmpty)
    }

    @Test func faultsNameTheOffset() throws {
        let whole: [UInt8] = [3, 0x0a, 1, 0x61]
        let cases: [([UInt8], (String) -> FixtureFault)] = [
            (whole + [5, 0x0a], { .truncated($0, offset: 4) }),
            (whole + [0x80], { .truncated($0, offset: 4) }),
            (whole + [0xff, 0xff, 0xff, 0xff, 0x7f], { .oversized($0, offset: 4, bytes: 34_359_738_367) }),
            (whole + [UInt8](repeating: 0xff, count: 11), { .malformed($0, offset: 4) }),
            (whole + [2, 0x0a, 9], { .malformed($0, offset: 4) }),
        ]
        for (bytes, fault) in cases {
            let url = try file(bytes)
            defer { try? FileManager.default.removeItem(at: url) }
            #expect(throws: fault(url.path)) { try FixtureReader.read(url) }
        }
    }

    @Test func aMissingFileIsNamed() {
        let fault = #expect(throws: FixtureFault.self) { try FixtureReader(URL(fileURLWithPath: "/nowhere/at.all")) }
        #expect(fault?.description.contains("/nowhere/at.all") == true)
        #expect(throws: FixtureFault.self) { try FixtureWriter(URL(fileURLWithPath: "/nowhere/at.all")) }
    }
}
