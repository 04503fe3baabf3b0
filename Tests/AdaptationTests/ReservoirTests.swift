import AdaptationTestSupport
import DuctusAdaptation
import DuctusInk
import Foundation
import Testing

@Suite struct ReservoirTests {
    private let folder: TemporaryFolder
    private var url: URL { folder.url.appending(path: "reservoir.sqlite") }

    init() throws { folder = try TemporaryFolder() }

    private func ids(_ reservoir: Reservoir) throws -> [String] {
        let lines = try reservoir.lines()
        return (lines.rehearsal + lines.canary).map(\.id).sorted()
    }

    @Test func whatWasTakenIn_isThereAgain_inTwoHalvesThatStayApart() throws {
        let reservoir = Reservoir(at: url)
        for segment in 1...6 { try reservoir.offer(correction(segment: UInt64(segment))) }
        let lines = try reservoir.lines()
        #expect(
            lines.canary.map(\.id) == ["desk/1", "desk/3", "desk/5"]
                && lines.rehearsal.map(\.id) == ["desk/2", "desk/4", "desk/6"])
        #expect(lines.canary.first?.evidence == .ink([stroke]) && lines.canary.first?.text == "so")
        #expect(try Reservoir(at: url).lines() == lines)
    }

    @Test func itNeverHoldsMoreThanItsCapacity_andNewOnesComeIn() throws {
        let reservoir = Reservoir(at: url, capacity: 8)
        for segment in 1...400 { try reservoir.offer(correction(segment: UInt64(segment))) }
        let lines = try reservoir.lines()
        #expect(lines.canary.count == 4 && lines.rehearsal.count == 4)
        let newest = try ids(reservoir).compactMap { Int($0.dropFirst(5)) }.max()
        #expect(newest ?? 0 > 200)
    }

    @Test func whatIsCorrected_orOld_orOfAnErasedWriter_goes_andItsSlotIsTakenAgain() throws {
        let reservoir = Reservoir(at: url)
        try reservoir.offer(correction(segment: 1, writer: "anna", time: 5))
        try reservoir.offer(correction(segment: 2, writer: "ben", time: 5))
        try reservoir.offer(correction(segment: 3, writer: "ben", time: 1))
        try reservoir.offer(correction(segment: 4, writer: nil, time: 5))
        try reservoir.remove(stream: "desk", segment: 2)
        try reservoir.erase(.writer("anna"))
        try reservoir.erase(before: 5)
        #expect(try ids(reservoir) == ["desk/4"])
        try reservoir.offer(correction(segment: 9))
        #expect(try reservoir.lines().canary.map(\.id) == ["desk/9"])
    }

    @Test func whoOptsOut_findsNothingLeft() throws {
        try Reservoir(at: url).offer(correction(segment: 1))
        Reservoir.remove(at: url)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }
}
