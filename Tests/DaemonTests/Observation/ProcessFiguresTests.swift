import DuctusDaemon
import Testing

@Suite struct ProcessFiguresTests {
    @Test func aCommandWithSpacesAndParentheses_isReadPast() throws {
        let stat = "12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 7 0 4000 123456 25 18446744073709551615"
        let figures = try #require(
            ProcessFigures(stat: stat, boot: 1000, ticks: 100, page: 4096, openDescriptors: 3, descriptorLimit: 64))
        #expect(figures.processorSeconds == 3)
        #expect(figures.threads == 7)
        #expect(figures.startTime == 1040)
        #expect(figures.virtualBytes == 123456)
        #expect(figures.residentBytes == 25 * 4096)
    }

    @Test func whatIsCutOff_isNothing() {
        for stat in ["", "12 (a", "12 (a) S 1 2"] {
            #expect(
                ProcessFigures(stat: stat, boot: 0, ticks: 100, page: 4096, openDescriptors: 0, descriptorLimit: 0)
                    == nil)
        }
    }
}
