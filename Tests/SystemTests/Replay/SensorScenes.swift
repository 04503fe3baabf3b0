extension SensorScene {
    /// Every scene of sensors that is committed as a fixture. Stream names differ, from those of pens as well, so all can be replayed at once.
    static let all: [SensorScene] = {
        do {
            return try [movement(), movementInTrouble(), spelling()]
        } catch {
            fatalError("a scene cannot be written: \(error)")
        }
    }()

    /// Two bodies at once, one of whose sensors has its channels in another order and one too many.
    private static func movement() throws -> SensorScene {
        var first = try SceneSensor("movement-1", seed: 101)
        try first.move(seconds: 18)
        try first.end()
        var second = try SceneSensor("movement-2", seed: 102, channels: ["z", "temperature", "x", "y"], start: 0.33)
        try second.move(seconds: 15)
        try second.end()
        return SensorScene("movement", first, second)
    }

    /// Packets that never came, a sensor that dies for two seconds, a rate that halves, a clock that is set back.
    private static func movementInTrouble() throws -> SensorScene {
        var sensor = try SceneSensor("movement-3", seed: 103)
        try sensor.move(seconds: 8, lost: 40..<42)
        try sensor.move(seconds: 8, lost: 30..<48)
        try sensor.move(seconds: 8, dead: 20..<40)
        try sensor.move(seconds: 8, rate: 25)
        sensor.setClock(backBy: 3)
        try sensor.move(seconds: 6)
        try sensor.end()
        return SensorScene("movement-trouble", sensor)
    }

    /// Movements that are transcribed; in the second recording packets are lost.
    private static func spelling() throws -> SensorScene {
        var sensor = try SceneSensor("spelling-1", seed: 104)
        try sensor.move(seconds: 14)
        try sensor.end()
        try sensor.move(seconds: 14, lost: 33..<36)
        try sensor.end()
        return SensorScene("spelling", sensor)
    }
}
