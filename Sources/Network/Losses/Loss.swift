/// A loss: the target of a sequence, and the distance of a network's output from it. A kind of loss is a file in `Losses/`.
///
/// Nothing else switches over kinds of loss: `Target.loss` takes any, so that another module adds its own.
public protocol Loss: Hashable, Sendable {
    /// Labels that count.
    var labelCount: Int { get }

    /// Whether so many output frames can hold its labels at all. Sequences for which that is not so are reported, and
    /// count for nothing.
    func fits(_ frames: Int) -> Bool

    /// Checks labels against the number of classes, and of output frames.
    ///
    /// - Parameter sequence: what an error names.
    /// - Throws: `NetworkError`.
    func check(sequence: Int, frames: Int, classes: Int) throws(NetworkError)

    /// Whether an output frame has a say; all have where nothing else is declared.
    func counts(_ frame: Int) -> Bool

    /// The loss of one sequence in nats. Fills `call.gradient` where it is not nil.
    func evaluate(_ call: LossCall) -> Double
}

extension Loss {
    public func counts(_ frame: Int) -> Bool { true }
}

/// One sequence's share of a loss.
public struct LossCall {
    /// frames × classes.
    public let logPosteriors: UnsafePointer<Float>
    public let frames: Int
    /// Classes, the columns of `logPosteriors`.
    public let classes: Int
    /// Receives the derivative by the scores before the softmax, times `scale`; nil where it is not wanted. It may be
    /// anything where the loss is not finite.
    public let gradient: UnsafeMutablePointer<Float>?
    /// The factor of the gradient.
    public let scale: Float
    /// The kernels of the processor.
    public let kernels: Kernels
    /// Scratch memory of this thread.
    public let scratch: LossScratch

    /// The same sequence with another place for the gradient, or another scale.
    public func with(gradient: UnsafeMutablePointer<Float>?, scale: Float) -> LossCall {
        LossCall(
            logPosteriors: logPosteriors, frames: frames, classes: classes, gradient: gradient, scale: scale,
            kernels: kernels,
            scratch: scratch)
    }
}

/// The scratch memory of losses, kept from call to call.
public final class LossScratch {
    private var objects: [ObjectIdentifier: AnyObject] = [:]

    /// Scratch memory that holds nothing yet.
    public init() {}

    /// The one object of that type, made at its first use.
    public func object<Object: AnyObject>(_ make: () -> Object) -> Object {
        let key = ObjectIdentifier(Object.self)
        if let object = objects[key] { return unsafeDowncast(object, to: Object.self) }
        let object = make()
        objects[key] = object
        return object
    }
}
