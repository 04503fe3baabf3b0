import DuctusAdaptation

/// What every implementation of `CorrectionJournal` must do. For example, in a test suite:
///
///     @Test(arguments: CorrectionJournalConformance.rules) func conforms(rule: ConformanceRule<any CorrectionJournal>) throws {
///         try rule.check(SQLiteJournal(at: url))
///     }
package enum CorrectionJournalConformance {
    /// Each is checked on a journal without corrections.
    package static let rules: [ConformanceRule<any CorrectionJournal>] = [
        .init("numbers ascend, and what was added comes back to the last bit") { journal in
            let added = try (1...5).map { try journal.add(correction(segment: $0), isDoubtful: false) }
            try expect(added.map(\.number) == added.map(\.number).sorted() && Set(added.map(\.number)).count == 5)
            try expect(added.allSatisfy { $0.state == .pending })
            try expect(try journal.entries(of: nil, after: 0, limit: 9) == added)
            try expect(try journal.count() == 5)
        },
        .init("the same text for the same segment is kept once, and keeps its state") { journal in
            let first = try journal.add(correction(segment: 1), isDoubtful: false)
            try expect(try journal.add(correction(segment: 1, time: 99), isDoubtful: false) == first)
            try journal.mark([first.number], as: .learned)
            try expect(try journal.add(correction(segment: 1), isDoubtful: false).state == .learned)
            try expect(try journal.scopesWithPending().isEmpty && journal.count() == 1)
        },
        .init("a later text takes the place of an earlier one, and the earlier one may come again") { journal in
            for text in ["so", "no"] { _ = try journal.add(correction(text, segment: 1), isDoubtful: false) }
            try expect(try texts(journal) == ["no"])
            try expect(try journal.add(correction("so", segment: 1), isDoubtful: false).state == .pending)
            try expect(try texts(journal) == ["so"] && journal.count() == 2)
        },
        .init("one correction of a writer in four is held out, and doubtful ones are counted apart") { journal in
            let held = try (0..<12).map { place in
                try journal.add(correction(segment: place), isDoubtful: place % 3 == 2).isHeldOut
            }
            let trusted = held.enumerated().filter { $0.offset % 3 != 2 }.map(\.element)
            try expect(trusted == [false, true, false, false, false, true, false, false])
            try expect(try !journal.add(correction(segment: 99, writer: "ben"), isDoubtful: false).isHeldOut)
        },
        .init("a scope sees its own newest corrections, the shared one sees everyone's") { journal in
            for (segment, writer) in ["anna", "ben", nil].enumerated() {
                _ = try journal.add(correction(segment: UInt64(segment), writer: writer), isDoubtful: false)
            }
            try expect(try segments(journal, .writer("ben")) == [1] && segments(journal, .writer("cora")) == [])
            try expect(try journal.corrections(of: .shared, limit: 2).map(\.correction.segment) == [1, 2])
            try expect(try journal.scopesWithPending() == [.writer("anna"), .writer("ben"), .shared])
        },
        .init("doubtful corrections are quarantined until they are released") { journal in
            let doubted = try journal.add(correction(segment: 1), isDoubtful: true)
            _ = try journal.add(correction(segment: 2), isDoubtful: false)
            try expect(doubted.state == .quarantined)
            try expect(try segments(journal, .writer("anna")) == [2])
            try expect(try journal.countNewToEveryone() == 1)
            try journal.mark([doubted.number], as: .learned)
            try expect(try journal.quarantined(in: .writer("anna"), limit: 9) == [doubted])
            try journal.release([doubted.number])
            try expect(try segments(journal, .writer("anna")) == [1, 2])
            try expect(try journal.standing(of: doubted.correction.source) == .init(corrections: 2, doubtful: 0))
        },
        .init("a source is quarantined as a whole, but for what was learned already") { journal in
            let learned = try journal.add(correction(segment: 1), isDoubtful: false)
            try journal.mark([learned.number], as: .learned)
            for segment in 2...3 as ClosedRange<UInt64> {
                _ = try journal.add(correction(segment: segment), isDoubtful: false)
            }
            _ = try journal.add(correction(stream: "other", segment: 4), isDoubtful: false)
            _ = try journal.add(correction(segment: 5), isDoubtful: true)
            try expect(try journal.standing(of: learned.correction.source) == .init(corrections: 4, doubtful: 1))
            try journal.quarantine(learned.correction.source)
            try expect(try segments(journal, .writer("anna")) == [1, 4])
            try expect(try journal.quarantined(in: .shared, limit: 2).map(\.correction.segment) == [3, 5])
        },
        .init("held-out corrections that were learned from stand in for all of the past") { journal in
            let added = try (0..<40).map { try journal.add(correction(segment: $0), isDoubtful: false) }
            try journal.mark(added.prefix(32).map(\.number), as: .learned)
            let held = added.prefix(32).filter(\.isHeldOut).map(\.number)
            let anchors = try journal.heldOut(of: .writer("anna"), before: added[39].number, limit: 4)
            try expect(anchors.map(\.number) == [held[0], held[2], held[4], held[6]])
            try expect(
                try journal.heldOut(of: .writer("anna"), before: held[2], limit: 9).map(\.number) == [held[0], held[1]])
            try expect(try journal.heldOut(of: .writer("ben"), before: .max, limit: 9).isEmpty)
            try expect(try journal.heldOut(of: .shared, before: .max, limit: 99).count == held.count)
        },
        .init("corrections are new to everyone until a training has used them") { journal in
            let added = try (1...3).map { try journal.add(correction(segment: $0), isDoubtful: false) }
            try journal.markEveryone(upTo: added[1].number)
            try expect(try journal.countNewToEveryone() == 1)
        },
        .init("a scope that is set aside has nothing pending") { journal in
            for (segment, writer) in ["anna", "ben", nil].enumerated() {
                _ = try journal.add(correction(segment: UInt64(segment), writer: writer), isDoubtful: false)
            }
            try journal.setAside(.writer("anna"))
            try expect(try journal.scopesWithPending() == [.writer("ben"), .shared])
            try expect(try journal.countNewToEveryone() == 3)
            try journal.setAside(.shared)
            try expect(try journal.scopesWithPending() == [.writer("ben")])
            try expect(try journal.countNewToEveryone() == 0)
            try expect(try segments(journal, .writer("anna")) == [0])
        },
        .init("a page follows the other, of one owner or of all") { journal in
            let added = try (0..<6).map { place in
                try journal.add(
                    correction(
                        stream: place < 4 ? "desk" : "door", segment: place, writer: place % 2 == 0 ? "anna" : nil),
                    isDoubtful: false)
            }
            try expect(try journal.entries(of: nil, after: added[1].number, limit: 2) == Array(added[2...3]))
            try expect(try journal.entries(of: .writer("anna"), after: 0, limit: 9).count == 3)
            try expect(try journal.entries(of: .nobody(stream: nil), after: 0, limit: 9).count == 3)
            try expect(try journal.entries(of: .nobody(stream: "door"), after: 0, limit: 9) == [added[5]])
        },
        .init("what is erased is gone, of a writer, of nobody, or of old") { journal in
            var added: [JournaledCorrection] = []
            for (segment, writer) in ["anna", "ben", nil, nil].enumerated() {
                let stream = segment == 3 ? "door" : "desk"
                added.append(
                    try journal.add(
                        correction(stream: stream, segment: UInt64(segment), writer: writer, time: Int64(segment)),
                        isDoubtful: false))
            }
            try expect(try journal.erase(.writer("anna")) == [added[0].number])
            try expect(try journal.erase(.nobody(stream: "door")) == [added[3].number])
            try expect(try journal.erase(before: 2) == [added[1].number])
            try expect(try journal.entries(of: nil, after: 0, limit: 9) == [added[2]])
            try expect(try journal.erase(.nobody(stream: nil)) == [added[2].number] && journal.count() == 0)
            let next = try journal.add(correction(segment: 9), isDoubtful: false)
            try expect(next.number > added[3].number, "numbers are never given twice")
        },
        .init("a journal that works has no fault, and a closed one takes nothing") { journal in
            try expect(journal.fault() == nil)
            journal.close()
            try expect(throwing: { _ = try journal.add(correction(segment: 1), isDoubtful: false) })
        },
    ]

    private static func texts(_ journal: any CorrectionJournal) throws -> [String] {
        try journal.corrections(of: .writer("anna"), limit: 9).map(\.correction.text)
    }

    private static func segments(_ journal: any CorrectionJournal, _ scope: Scope) throws -> [UInt64] {
        try journal.corrections(of: scope, limit: 99).map(\.correction.segment)
    }
}

/// One thing that an implementation must do.
package struct ConformanceRule<Subject>: Sendable, CustomStringConvertible {
    package let description: String
    /// - Throws: `Nonconformance`, or what the subject throws.
    package let check: @Sendable (Subject) throws -> Void

    init(_ description: String, _ check: @escaping @Sendable (Subject) throws -> Void) {
        self.description = description
        self.check = check
    }
}

/// A rule that does not hold.
package struct Nonconformance: Error, CustomStringConvertible {
    package let description: String
}

func expect(
    _ condition: @autoclosure () throws -> Bool, _ comment: String = "", file: StaticString = #fileID,
    line: UInt = #line
) throws {
    if try !condition() { throw Nonconformance(description: "\(file):\(line) does not hold \(comment)") }
}

func expect(throwing body: () throws -> Void, file: StaticString = #fileID, line: UInt = #line) throws {
    do { try body() } catch { return }
    throw Nonconformance(description: "\(file):\(line) should have thrown")
}
