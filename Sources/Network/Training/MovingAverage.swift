/// The exponential moving average of parameters over training steps (Polyak and Juditsky 1992): what is evaluated and
/// shipped.
public struct MovingAverage: Sendable {
    /// Share of the average that stays, per step.
    public var decay: Float
    /// The averaged parameters.
    public private(set) var average: [Float]
    /// Steps averaged so far; store it with `average` to resume.
    public private(set) var steps: Int

    /// Begins an average, or takes one up again after `steps` steps.
    public init(decay: Float, parameters: [Float], steps: Int = 0) {
        self.decay = decay
        average = parameters
        self.steps = steps
    }

    /// Takes the parameters of one more step into account.
    ///
    /// In the first steps the decay is `(1 + steps) / (10 + steps)`, so that the random begin is soon forgotten.
    public mutating func update(_ parameters: [Float]) {
        precondition(parameters.count == average.count, "buffers of one network")
        let weight = min(decay, Float(1 + steps) / Float(10 + steps))
        steps += 1
        let count = average.count
        Kernels.standard.table.pointee.average(weight, parameters, &average, count)
    }
}
