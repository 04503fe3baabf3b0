import Foundation

/// A linear map of cepstra that gives a speaker another vocal tract: it stretches the frequencies of the spectrum that they describe.
///
/// Cepstra are the cosine series of a log spectrum over the mel scale. An all-pass transform bends that scale, and its ends stay where they
/// are (McDonough, Byrne & Luo 1998). Stretching at random makes speakers who were never recorded (Jaitly & Hinton 2013).
struct CepstralWarp {
    /// Row-major: new cepstra × old cepstra.
    let matrix: [Float]
    private let count: Int

    /// Points at which the spectrum is looked at.
    private static let points = 96

    /// - Parameters:
    ///   - count: cepstra, from number 0 on.
    ///   - bend: the parameter of the all-pass transform, between −1 and 1; 0 changes nothing, 0.1 moves the middle of the scale by 6 %.
    init(count: Int, bend: Float) {
        self.count = count
        var matrix = [Double](repeating: 0, count: count * count)
        for point in 0..<Self.points {
            let place = Double.pi * (Double(point) + 0.5) / Double(Self.points)
            let bent = place + 2 * atan(Double(bend) * sin(place) / (1 - Double(bend) * cos(place)))
            for new in 0..<count {
                for old in 0..<count {
                    matrix[new * count + old] += Self.cosine(new, place) * Self.cosine(old, bent)
                }
            }
        }
        self.matrix = matrix.map { Float($0 / Double(Self.points)) }
    }

    /// Cosines that are orthonormal over 0…π, but for π.
    private static func cosine(_ number: Int, _ place: Double) -> Double {
        number == 0 ? 1 : 2.0.squareRoot() * cos(Double(number) * place)
    }

    /// Maps vectors.
    ///
    /// - Parameters:
    ///   - frames: rows of `width` numbers.
    ///   - columns: where in a row the cepstra are, in order.
    func apply(to frames: inout [Float], width: Int, columns: [Int]) {
        var old = [Float](repeating: 0, count: count)
        for first in stride(from: 0, to: frames.count, by: width) {
            for (number, column) in columns.enumerated() { old[number] = frames[first + column] }
            for (number, column) in columns.enumerated() {
                var sum: Float = 0
                for index in 0..<count { sum += matrix[number * count + index] * old[index] }
                frames[first + column] = sum
            }
        }
    }
}
