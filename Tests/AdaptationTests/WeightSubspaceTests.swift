import AdaptationTestSupport
import DuctusAdaptation
import DuctusNetwork
import DuctusRecognition
import Testing

/// What is trained instead of all weights, seen from outside: how the weights come to differ.
@Suite struct WeightSubspaceTests {
    private let model: Model
    private let segments: [LabelledSegment]

    init() throws {
        model = try SmallModel.make()
        segments = try simulatedSegments(["no", "on", "noon", "onno"])
    }

    private func learned(_ trained: LearningPlan.Trained) throws -> [Float] {
        var plan = LearningPlan()
        plan.trained = trained
        plan.learningRate = 2e-2
        plan.pull = 0
        // Enough that texts become likelier than the least that a reading counts.
        plan.steps = 60...60
        return try Learner(plan: plan).train(model, base: model.network.parameters, segments: segments, heldOut: [])
            .parameters
    }

    private func loss(_ parameters: [Float]) throws -> Double {
        try ReadingFigures.of(
            model.with(network: Network(architecture: model.network.architecture, parameters: parameters)), on: segments
        ).loss
    }

    @Test(arguments: [LearningPlan.Trained.gains, .lowRank]) func itLearns(_ trained: LearningPlan.Trained) throws {
        #expect(try loss(learned(trained)) < loss(model.network.parameters))
    }

    @Test func gainsStretchRows() throws {
        let (base, learned) = (model.network.parameters, try learned(.gains))
        for tensor in model.network.layout.tensors where tensor.isWeight {
            let width = tensor.count / tensor.shape[0]
            for row in 0..<tensor.shape[0] {
                let first = tensor.offset + row * width
                let factor = learned[first] / base[first]
                let isStretched = (first..<first + width).allSatisfy { abs(learned[$0] - factor * base[$0]) < 1e-3 }
                #expect(isStretched, "\(tensor.name), row \(row)")
            }
        }
    }

    @Test func aChangeOfLowRankIsOfLowRank() throws {
        let (base, learned) = (model.network.parameters, try learned(.lowRank))
        let tensor = try #require(
            model.network.layout.tensors.first { $0.shape.count == 2 && $0.shape[0] > 8 && $0.shape[1] > 8 })
        var rows = (0..<tensor.shape[0]).map { row in
            (0..<tensor.shape[1]).map {
                Double(
                    learned[tensor.offset + row * tensor.shape[1] + $0]
                        - base[tensor.offset + row * tensor.shape[1] + $0])
            }
        }
        // Elimination: as many pivots as the rank.
        let size = rows.joined().map(abs).max() ?? 0
        var rank = 0
        while let (pivot, column) = largest(in: rows[rank...].map { $0 }, above: size * 1e-3).map({
            ($0.row + rank, $0.column)
        }) {
            rows.swapAt(rank, pivot)
            for row in rows.indices where row > rank {
                let factor = rows[row][column] / rows[rank][column]
                for place in rows[row].indices { rows[row][place] -= factor * rows[rank][place] }
            }
            rank += 1
            if rank == rows.count { break }
        }
        #expect(rank >= 1 && rank <= 4)
    }

    private func largest(in rows: [[Double]], above limit: Double) -> (row: Int, column: Int)? {
        var best: (row: Int, column: Int, size: Double)?
        for (row, values) in rows.enumerated() {
            for (column, value) in values.enumerated() where abs(value) > max(limit, best?.size ?? 0) {
                best = (row, column, abs(value))
            }
        }
        return best.map { ($0.row, $0.column) }
    }
}
