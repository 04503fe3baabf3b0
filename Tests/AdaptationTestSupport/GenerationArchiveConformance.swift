import DuctusAdaptation
import DuctusRecognition

/// What every implementation of `GenerationArchive` must do. Each rule is checked on an archive without generations that keeps three of the
/// shared scope.
package enum GenerationArchiveConformance {
    package static let rules: [ConformanceRule<any GenerationArchive>] = [
        .init("an empty archive serves nothing of its own") { archive in
            try expect(try archive.serving().allSatisfy { $0.value == 0 } && archive.writers().isEmpty)
            try expect(try archive.current(of: .writer("anna")) == 0 && archive.records(of: .shared).isEmpty)
            try expect(throwing: { _ = try archive.record(of: .init(number: 1)) })
        },
        .init("what is promoted serves its scope, to within a 127th of a row's largest change") { archive in
            let base = try base()
            let record = try archive.promote(
                candidate(over: base, .writer("anna / 1"), change: 0.01, corrections: [1, 2]), over: base,
                interventions: nil)
            try expect(record.name == .init(writer: "anna / 1", number: 1) && record.corrections == [1, 2])
            try expect(try archive.serving()[.writer("anna / 1")] == 1 && archive.current(of: .shared) == 0)
            try expect(try archive.writers() == ["anna / 1"] && archive.records(of: .writer("anna / 1")) == [record])
            try expect(try archive.record(of: record.name) == record)
            let weights = try archive.model(of: record.name, over: base).network.parameters
            try expect(
                zip(weights, base.model.network.parameters).allSatisfy { abs($0 - $1 - 0.01) < 1e-4 })
        },
        .init("the file that serves a scope is that of its current generation") { archive in
            let base = try base()
            let anna = Scope.writer("anna")
            try expect(try archive.currentFile(of: anna) == nil)
            for _ in 0..<2 { _ = try archive.promote(candidate(over: base, anna), over: base, interventions: nil) }
            try expect(try archive.currentFile(of: anna)?.record.name == .init(writer: "anna", number: 2))
            _ = try archive.rollback(to: .init(writer: "anna", number: 1))
            let file = try archive.currentFile(of: anna)
            try expect(file?.record.name == .init(writer: "anna", number: 1))
            try expect(try file?.encoded() == archive.file(of: .init(writer: "anna", number: 1)).encoded())
            _ = try archive.rollback(to: .init(writer: "anna", number: 0))
            try expect(try archive.currentFile(of: anna) == nil && archive.currentFile(of: .shared) == nil)
        },
        .init("a rollback holds, and numbers go on") { archive in
            let base = try base()
            for _ in 0..<2 { _ = try archive.promote(candidate(over: base), over: base, interventions: nil) }
            try expect(try archive.rollback(to: .init(number: 1)) == .init(number: 2))
            try expect(try archive.current(of: .shared) == 1)
            try expect(try archive.promote(candidate(over: base), over: base, interventions: nil).name.number == 3)
            try expect(try archive.rollback(to: .base) == .init(number: 3) && archive.current(of: .shared) == 0)
            try expect(throwing: { _ = try archive.rollback(to: .init(number: 9)) })
            try expect(throwing: { _ = try archive.rollback(to: .init(writer: "nobody", number: 0)) })
        },
        .init("three generations are kept of the shared scope, two of a writer, and the one that serves") { archive in
            let base = try base()
            for scope in [Scope.shared, .writer("anna")] {
                for _ in 0..<5 { _ = try archive.promote(candidate(over: base, scope), over: base, interventions: nil) }
            }
            try expect(try archive.records(of: .shared).map(\.name.number) == [3, 4, 5])
            try expect(try archive.records(of: .writer("anna")).map(\.name.number) == [4, 5])
        },
        .init("generations outlive an upgrade of their base") { archive in
            let base = try base()
            let record = try archive.promote(candidate(over: base, change: 0.02), over: base, interventions: nil)
            let upgraded = BaseModel(try SmallModel.make(seed: 2))
            let weights = try archive.model(of: record.name, over: upgraded).network.parameters
            try expect(abs(weights[0] - base.model.network.parameters[0] - 0.02) < 1e-4)
        },
        .init("a writer is erased, and found by what it was trained on") { archive in
            let base = try base()
            for (scope, corrections) in [(Scope.writer("anna"), [1, 2]), (.writer("ben"), [3]), (.shared, [2, 3])] {
                _ = try archive.promote(
                    candidate(over: base, scope, corrections: corrections.map(UInt64.init)), over: base,
                    interventions: nil)
            }
            try expect(
                try Set(archive.generations(trainedOn: [2])) == [.init(writer: "anna", number: 1), .init(number: 1)])
            try archive.erase(writer: "anna")
            try expect(try archive.writers() == ["ben"] && archive.current(of: .writer("anna")) == 0)
        },
        .init("a training does not undo what was decided while it ran") { archive in
            let base = try base()
            _ = try archive.promote(candidate(over: base), over: base, interventions: nil)
            let decisions: [(any GenerationArchive) throws -> Void] = [
                { _ = try $0.rollback(to: .base) }, { try $0.erase(writer: "anna") }, { try $0.intervene(in: .shared) },
            ]
            for decide in decisions {
                let before = try archive.interventions(in: .shared)
                let serving = try archive.serving()
                try decide(archive)
                try expect(try archive.interventions(in: .shared) > before)
                do {
                    _ = try archive.promote(candidate(over: base), over: base, interventions: before)
                    throw Nonconformance(description: "it was promoted")
                } catch GenerationError.overtaken(let scope) {
                    try expect(scope == .shared)
                }
                try expect(try archive.serving()[.shared] ?? 0 <= serving[.shared] ?? 0)
            }
            let now = try archive.interventions(in: .shared)
            _ = try archive.promote(candidate(over: base), over: base, interventions: now)
        },
    ]

    private static func base() throws -> BaseModel { BaseModel(try SmallModel.make()) }
}
