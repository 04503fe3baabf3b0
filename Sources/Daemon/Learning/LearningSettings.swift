import Synchronization

/// The configuration's section on learning as it stands: a reload changes it while corrections come and the learner trains.
final class LearningSettings: Sendable {
    private let state: Mutex<Configuration.AdaptationSettings>

    init(_ settings: Configuration.AdaptationSettings) {
        state = Mutex(settings)
    }

    var current: Configuration.AdaptationSettings { state.withLock { $0 } }

    func change(to settings: Configuration.AdaptationSettings) { state.withLock { $0 = settings } }
}
