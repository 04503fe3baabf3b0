/// A piece of ink that is read as one unit, with what is known of it: one line of the data sets, one trace group of an
/// InkML file, one labelled segment of a UNIPEN file.
public struct InkLine: Equatable, Sendable {
    /// Unique in its file.
    public var id: String
    /// The collection it is from, for example `iam-ondb`.
    public var source: String?
    /// The writer, an opaque name, unique within `source`.
    public var writer: String?
    /// BCP 47, for example `en`.
    public var language: String?
    /// The true text; nil where nobody labelled it.
    public var text: String?
    /// The strokes in the order of writing.
    public var strokes: [Stroke]

    /// A line of ink; what is not known stays nil.
    public init(
        id: String = "", source: String? = nil, writer: String? = nil, language: String? = nil, text: String? = nil,
        strokes: [Stroke]
    ) {
        self.id = id
        self.source = source
        self.writer = writer
        self.language = language
        self.text = text
        self.strokes = strokes
    }

    /// The smallest box around the ink; nil if it has no finite sample.
    public var bounds: Bounds? { Bounds(around: strokes) }

    /// Samples of all strokes. A sample's index within a line counts over all strokes in order, from 0.
    public var sampleCount: Int { strokes.reduce(0) { $0 + $1.samples.count } }

    /// The same ink as if the device told no time: for collections whose times are made up (UNIPEN's pauses are missing).
    public func withoutTime() -> InkLine {
        var line = self
        for stroke in line.strokes.indices {
            for sample in line.strokes[stroke].samples.indices {
                line.strokes[stroke].samples[sample].time = nil
            }
        }
        return line
    }
}
