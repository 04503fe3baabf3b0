/// Ranks the readings of a finished line anew: a model that is too slow for every step of a search, asked once about all that is left.
public protocol Rescorer: AnyObject {
    /// The addition to each reading's score, a natural logarithm.
    ///
    /// - Parameters:
    ///   - readings: the labels of each, the likeliest first.
    ///   - precedingText: what stands before on the same line.
    func scores(of readings: [[Int]], after precedingText: String) -> [Double]
}
