import CDuctusKernels
import Foundation

/// One direction over one sequence in double precision, written as in the papers, one number at a time.
struct ReferenceCell {
    let cell: ductus_cell
    let hidden: Int
    /// gates · hidden × hidden.
    let weights: [Float]
    let biasN: [Float]

    var gates: Int { Self.gates(cell) }

    static func gates(_ cell: ductus_cell) -> Int {
        switch cell {
        case DUCTUS_CELL_LSTM: 4
        case DUCTUS_CELL_GRU: 3
        default: 1
        }
    }

    /// What a pass leaves, rows in the order of time.
    struct Trace {
        var h: [[Double]]
        var c: [[Double]]
        var activations: [[Double]] = []
        var hiddenN: [[Double]] = []
    }

    struct Gradient {
        /// Towards W_ih x + b, per frame.
        var gates: [[Double]]
        /// The gru's, towards W_hn h + b_hn.
        var hiddenN: [[Double]]
        var initialH: [Double]
        var initialC: [Double]
    }

    /// `inputs`: per step W_ih x + b. The trace's states have the initial one in front.
    func forward(_ inputs: [[Float]], h: [Float], c: [Float]) -> Trace {
        var trace = Trace(h: [h.map(Double.init)], c: [c.map(Double.init)])
        for input in inputs { step(input, &trace) }
        return trace
    }

    private func step(_ input: [Float], _ trace: inout Trace) {
        let (h, c) = (trace.h.last!, trace.c.last!)
        let fed = (0..<gates * hidden).map { (row: Int) -> Double in
            var sum = 0.0
            for k in 0..<hidden { sum += Double(weights[row * hidden + k]) * h[k] }
            return sum
        }
        var a = (0..<gates * hidden).map { fed[$0] + Double(input[$0]) }
        var next = h
        var nextC = c
        var hiddenN = [Double](repeating: 0, count: hidden)
        for u in 0..<hidden {
            switch cell {
            case DUCTUS_CELL_LSTM:
                for gate in [0, 1, 3] { a[gate * hidden + u] = sigmoid(a[gate * hidden + u]) }
                a[2 * hidden + u] = tanh(a[2 * hidden + u])
                nextC[u] = a[hidden + u] * c[u] + a[u] * a[2 * hidden + u]
                next[u] = a[3 * hidden + u] * tanh(nextC[u])
            case DUCTUS_CELL_GRU:
                hiddenN[u] = fed[2 * hidden + u] + Double(biasN[u])
                for gate in 0...1 { a[gate * hidden + u] = sigmoid(a[gate * hidden + u]) }
                a[2 * hidden + u] = tanh(Double(input[2 * hidden + u]) + a[u] * hiddenN[u])
                next[u] = (1 - a[hidden + u]) * a[2 * hidden + u] + a[hidden + u] * h[u]
            default:
                a[u] = tanh(a[u])
                next[u] = a[u]
            }
        }
        trace.h.append(next)
        trace.c.append(nextC)
        trace.activations.append(a)
        trace.hiddenN.append(hiddenN)
    }

    func backward(_ trace: Trace, dOutput: [[Float]], dFinalH: [Float], dFinalC: [Float]) -> Gradient {
        var gradient = Gradient(
            gates: Array(repeating: [], count: dOutput.count), hiddenN: Array(repeating: [], count: dOutput.count),
            initialH: dFinalH.map(Double.init), initialC: dFinalC.map(Double.init))
        for t in dOutput.indices.reversed() { stepBack(t, trace, dOutput[t], &gradient) }
        return gradient
    }

    private func stepBack(_ t: Int, _ trace: Trace, _ dOutput: [Float], _ gradient: inout Gradient) {
        let a = trace.activations[t]
        var d = [Double](repeating: 0, count: gates * hidden)
        var direct = [Double](repeating: 0, count: hidden)
        var hiddenN = direct
        for u in 0..<hidden {
            let dh = gradient.initialH[u] + Double(dOutput[u])
            switch cell {
            case DUCTUS_CELL_LSTM:
                let (i, f, g, o) = (a[u], a[hidden + u], a[2 * hidden + u], a[3 * hidden + u])
                let squashed = tanh(trace.c[t + 1][u])
                let dc = gradient.initialC[u] + dh * o * (1 - squashed * squashed)
                d[u] = dc * g * i * (1 - i)
                d[hidden + u] = dc * trace.c[t][u] * f * (1 - f)
                d[2 * hidden + u] = dc * i * (1 - g * g)
                d[3 * hidden + u] = dh * squashed * o * (1 - o)
                gradient.initialC[u] = dc * f
            case DUCTUS_CELL_GRU:
                let (r, z, n) = (a[u], a[hidden + u], a[2 * hidden + u])
                let dn = dh * (1 - z) * (1 - n * n)
                d[u] = dn * trace.hiddenN[t][u] * r * (1 - r)
                d[hidden + u] = dh * (trace.h[t][u] - n) * z * (1 - z)
                d[2 * hidden + u] = dn
                hiddenN[u] = dn * r
                direct[u] = dh * z
            default:
                d[u] = dh * (1 - a[u] * a[u])
            }
        }
        gradient.gates[t] = d
        gradient.hiddenN[t] = hiddenN
        if cell == DUCTUS_CELL_GRU { for u in 0..<hidden { d[2 * hidden + u] = hiddenN[u] } }
        for k in 0..<hidden {
            var sum = direct[k]
            for row in 0..<gates * hidden { sum += d[row] * Double(weights[row * hidden + k]) }
            gradient.initialH[k] = sum
        }
    }
}

func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
