import DuctusDrawing
import Testing

@Suite struct QRCodeTests {
    @Test func theSize_growsWithTheText() throws {
        #expect(try #require(QRCode("a")).size == 21)
        #expect(try #require(QRCode(String(repeating: "a", count: 14))).size == 21)
        #expect(try #require(QRCode(String(repeating: "a", count: 15))).size == 25)
        #expect(try #require(QRCode(String(repeating: "a", count: 213))).size == 57)
        #expect(QRCode(String(repeating: "a", count: 214)) == nil)
    }

    @Test func finders_standInThreeCorners() throws {
        let code = try #require(QRCode("https://192.168.1.20:7718/#token=0123456789abcdef"))
        for (x, y) in [(0, 0), (code.size - 7, 0), (0, code.size - 7)] {
            for index in 0..<7 { #expect(code[x + index, y] && code[x, y + index] && code[x + 6, y + index]) }
            #expect(!code[x + 1, y + 1] && code[x + 3, y + 3])
        }
        #expect(code.terminalText.split(separator: "\n").count == (code.size + 8 + 1) / 2)
    }

    /// Read back with zbarimg when it was written; a change of any module shows here.
    @Test func aKnownText_givesTheKnownCode() throws {
        let code = try #require(QRCode("Ductus"))
        let rows = (0..<code.size).map { y in (0..<code.size).reduce(0) { $0 << 1 | (code[$1, y] ? 1 : 0) } }
        #expect(rows.count == 21)
        #expect(rows == QRCodeTests.known)
    }

    private static let known = [
        2_086_527, 1_072_193, 1_531_229, 1_525_597, 1_530_205, 1_067_841, 2_086_271, 768, 1_308_055, 922_974, 578_775,
        2_071_044, 1_852_489, 7943, 2_087_416, 1_073_068, 1_529_699, 1_529_636, 1_524_831, 1_067_247, 2_087_448,
    ]
}
