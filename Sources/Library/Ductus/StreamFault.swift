/// The errors of adding input to a live stream. Nothing of the call was taken.
public enum StreamFault: Error, Equatable, CustomStringConvertible {
    /// No name of a stream or writer, or one that another stream of the reader has.
    case name(String)
    /// More comes than is read: wait a little and try again.
    case overloaded
    /// The stream, or its reader, was finished.
    case finished
    /// Earlier input was refused, with the reason.
    case refused(String)
    /// A vector with another count of numbers than the sensor has channels.
    case width(found: Int, channels: Int)

    public var description: String {
        switch self {
        case .name(let name):
            "stream '\(name)': names are 1 to 64 of A-Z a-z 0-9 _ -, and no two streams of a reader have the same"
        case .overloaded: "more input than can be read: wait a little and add it again"
        case .finished: "the stream was finished; make another"
        case .refused(let reason): "earlier input was refused: \(reason)"
        case .width(let found, let channels):
            "\(found) numbers are no whole vectors of \(channels) channels; add a number for each channel, NaN where it is missing"
        }
    }
}
