import CDuctusKernels
import DuctusRandomness
import Testing

private let cells = [DUCTUS_CELL_RNN, DUCTUS_CELL_LSTM, DUCTUS_CELL_GRU]
/// Whole vectors and tails of every lane count.
private let sizes = [1, 5, 13, 64, 96, 128]
/// Enough sequences for tiles of every size as the active set shrinks; one is empty.
private let ragged = [5, 7, 0, 1, 7, 6, 7, 3, 7, 6, 7, 2, 7]

@Suite struct RecurrentTests {
    @Test(arguments: KernelTable.available, cells.map(\.rawValue))
    func forwardAgreesWithTheReference(table: KernelTable, cell: Int32) {
        for hidden in sizes {
            for (lengths, reversed) in [([6], false), (ragged, true), (ragged, false)] {
                expectForward(table, cell, hidden, lengths, reversed, DUCTUS_PRECISION_FLOAT32, within: 3e-6)
            }
        }
    }

    /// bf16 keeps 8 bits of a weight and of a state, the fixed point about 13.
    @Test(arguments: KernelTable.available, cells.map(\.rawValue))
    func reducedPrecisionStaysClose(table: KernelTable, cell: Int32) {
        let tolerance = String(cString: table.kernels.reduced_format) == "bf16" ? 4e-2 : 1e-3
        for hidden in sizes {
            for (lengths, reversed) in [([6], true), (ragged, false)] {
                expectForward(table, cell, hidden, lengths, reversed, DUCTUS_PRECISION_REDUCED16, within: tolerance)
            }
        }
    }

    private func expectForward(
        _ table: KernelTable, _ cell: Int32, _ hidden: Int, _ lengths: [Int], _ reversed: Bool,
        _ precision: ductus_precision,
        within tolerance: Double
    ) {
        let fixture = RecurrentFixture(
            table, ductus_cell(rawValue: cell), hidden: hidden, lengths: lengths, reversed: reversed,
            precision: precision)
        let result = fixture.forward()
        for sequence in lengths.indices {
            let rows = fixture.rows(sequence)
            let trace = fixture.trace(sequence)
            for (step, row) in rows.enumerated() {
                let output = fixture.row(row, of: result.output, width: hidden)
                #expect(
                    distance(output, trace.h[step + 1]) < tolerance, "\(fixture), sequence \(sequence), step \(step)")
            }
            #expect(
                distance(fixture.row(sequence, of: result.finalH, width: hidden), trace.h.last!) < tolerance,
                "\(fixture)")
            if cell == DUCTUS_CELL_LSTM.rawValue {
                #expect(
                    distance(fixture.row(sequence, of: result.finalC, width: hidden), trace.c.last!) < tolerance,
                    "\(fixture)")
            }
        }
    }

    @Test(arguments: KernelTable.available, cells.map(\.rawValue))
    func backwardAgreesWithTheReference(table: KernelTable, cell: Int32) {
        for hidden in sizes {
            for (lengths, reversed) in [([6], true), (ragged, false)] {
                let fixture = RecurrentFixture(
                    table, ductus_cell(rawValue: cell), hidden: hidden, lengths: lengths, reversed: reversed)
                var random = SplitMix64(seed: 2)
                let dOutput = random.normals(fixture.frames * hidden)
                let (dFinalH, dFinalC) = (
                    random.normals(lengths.count * hidden), random.normals(lengths.count * hidden)
                )
                let gradient = fixture.backward(dOutput: dOutput, dFinalH: dFinalH, dFinalC: dFinalC)
                for sequence in lengths.indices {
                    let rows = fixture.rows(sequence)
                    let exact = fixture.reference.backward(
                        fixture.trace(sequence), dOutput: rows.map { fixture.row($0, of: dOutput, width: hidden) },
                        dFinalH: fixture.row(sequence, of: dFinalH, width: hidden),
                        dFinalC: fixture.row(sequence, of: dFinalC, width: hidden))
                    for (step, row) in rows.enumerated() {
                        #expect(
                            distance(fixture.row(row, of: gradient.gates, width: fixture.width), exact.gates[step])
                                < 2e-5, "\(fixture)")
                        if cell == DUCTUS_CELL_GRU.rawValue {
                            #expect(
                                distance(fixture.row(row, of: gradient.cells, width: hidden), exact.hiddenN[step])
                                    < 2e-5, "\(fixture)")
                        }
                    }
                    #expect(
                        distance(fixture.row(sequence, of: gradient.initialH, width: hidden), exact.initialH) < 2e-5,
                        "\(fixture)")
                    if cell == DUCTUS_CELL_LSTM.rawValue {
                        #expect(
                            distance(fixture.row(sequence, of: gradient.initialC, width: hidden), exact.initialC)
                                < 2e-5, "\(fixture)")
                    }
                }
            }
        }
    }

    @Test(arguments: KernelTable.available, cells.map(\.rawValue))
    func aSequenceDoesNotFeelItsBatch(table: KernelTable, cell: Int32) {
        for precision in [DUCTUS_PRECISION_FLOAT32, DUCTUS_PRECISION_REDUCED16] {
            let whole = RecurrentFixture(
                table, ductus_cell(rawValue: cell), hidden: 21, lengths: ragged, reversed: true, precision: precision)
            let together = whole.forward()
            for sequence in ragged.indices {
                let result = whole.alone(sequence).forward()
                let rows = whole.offsets[sequence]..<whole.offsets[sequence] + ragged[sequence]
                #expect(result.output == rows.flatMap { whole.row($0, of: together.output, width: 21) }, "\(whole)")
                #expect(result.finalH == whole.row(sequence, of: together.finalH, width: 21), "\(whole)")
            }
        }
    }

    @Test(arguments: KernelTable.available, cells.map(\.rawValue))
    func piecesWithCarriedStateEqualOnePass(table: KernelTable, cell: Int32) {
        let whole = RecurrentFixture(table, ductus_cell(rawValue: cell), hidden: 13, lengths: [9])
        let once = whole.forward()
        var outputs: [Float] = []
        var (h, c) = (whole.initialH, whole.initialC)
        for piece in [0..<4, 4..<5, 5..<9] {
            var part = RecurrentFixture(table, whole.cell, hidden: 13, lengths: [piece.count])
            part.gates = piece.flatMap { whole.row($0, of: whole.gates, width: whole.width) }
            (part.initialH, part.initialC) = (h, c)
            let result = part.forward()
            (h, c) = (result.finalH, result.finalC)
            outputs += result.output
        }
        #expect(outputs == once.output)
        #expect(h == once.finalH)
        if whole.cell == DUCTUS_CELL_LSTM { #expect(c == once.finalC) }
    }

    /// What streaming asks for: the state behind the committed frames, while the lookahead is computed in the same pass.
    @Test(arguments: KernelTable.available)
    func theStateCanBeTakenMidway(table: KernelTable) {
        let whole = RecurrentFixture(table, DUCTUS_CELL_LSTM, hidden: 13, lengths: [6, 4, 5])
        let result = whole.forward(finalAfter: [2, 0, 5])
        #expect(whole.row(0, of: result.finalH, width: 13) == whole.row(1, of: result.output, width: 13))
        #expect(whole.row(1, of: result.finalH, width: 13) == whole.row(1, of: whole.initialH, width: 13))
        #expect(whole.row(1, of: result.finalC, width: 13) == whole.row(1, of: whole.initialC, width: 13))
        #expect(whole.row(2, of: result.finalH, width: 13) == whole.row(14, of: result.output, width: 13))
    }

    @Test(arguments: KernelTable.available)
    func anOpenForgetGateAndAClosedInputGateKeepTheMemoryBitForBit(table: KernelTable) {
        let hidden = 21
        for precision in [DUCTUS_PRECISION_FLOAT32, DUCTUS_PRECISION_REDUCED16] {
            var fixture = RecurrentFixture(
                table, DUCTUS_CELL_LSTM, hidden: hidden, lengths: [50, 50], precision: precision)
            fixture.weights = [Float](repeating: 0, count: fixture.weights.count)
            for row in 0..<fixture.frames {
                for unit in 0..<hidden {
                    fixture.gates[row * fixture.width + unit] = -20 - Float(row * unit)
                    fixture.gates[row * fixture.width + hidden + unit] = 20 + Float(row * unit)
                }
            }
            fixture.initialC[0] = 1e-38
            fixture.initialC[1] = 0
            #expect(fixture.forward().finalC == fixture.initialC)
        }
    }
}

extension RecurrentFixture {
    func trace(_ sequence: Int) -> ReferenceCell.Trace {
        reference.forward(
            rows(sequence).map { row($0, of: gates, width: width) }, h: row(sequence, of: initialH, width: hidden),
            c: row(sequence, of: initialC, width: hidden))
    }

    /// The same sequence in a batch of its own.
    func alone(_ sequence: Int) -> RecurrentFixture {
        var single = RecurrentFixture(
            table, cell, hidden: hidden, lengths: [lengths[sequence]], reversed: reversed, precision: precision)
        (single.weights, single.biasN) = (weights, biasN)
        single.gates = (offsets[sequence]..<offsets[sequence] + lengths[sequence]).flatMap {
            row($0, of: gates, width: width)
        }
        single.initialH = row(sequence, of: initialH, width: hidden)
        single.initialC = row(sequence, of: initialC, width: hidden)
        return single
    }
}
