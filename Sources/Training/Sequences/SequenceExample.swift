import DuctusNetwork
import DuctusRecognition

extension TrainingExample {
    /// An example of a sequence-to-sequence model: what it reads, and the classes that it should write.
    ///
    /// The decoder is shown the boundary and the classes, and should say the classes and the boundary.
    static func sequence(_ frames: [Float], writing labels: [Int32], connectionist: Bool) -> TrainingExample {
        TrainingExample(
            frames: frames, target: .frames(labels + [0]), others: [[0] + labels.map(Float.init)],
            heads: connectionist ? [SequenceModel.connectionistHead: .ctc(labels)] : [:])
    }
}
