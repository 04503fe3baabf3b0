/// Takes the wandering of the baseline and the change of size out of normalized points one by one, knowing only the ink so
/// far: the streaming counterpart of what `FeatureExtractor` does with a whole line.
///
/// Baseline and scale of a point are those of `LineProfile` at the moment at which the point arrives. The new x of a grid
/// point is fixed when the ink first reaches it, so that a pen that returns to dot an i finds the places it left.
struct CausalLocalizer {
    private var profile: LineProfile
    private let followsScale: Bool
    /// New x per grid point, as far as the ink has reached, and the scale it was computed with.
    private var places: [Float] = []
    private var scaleAtEdge: Float = 1
    /// The point before in the open stroke, not localized.
    private var last: CleanPoint?
    private var isEmpty = true

    /// Room to the left of the first point, in units, for strokes that go back.
    private static let margin: Float = 64

    init(_ settings: FeatureConfiguration.LocalNormalization) {
        profile = LineProfile(settings)
        followsScale = settings.followScale
        if followsScale { places.reserveCapacity(LineProfile.capacity) }
    }

    mutating func reset() {
        isEmpty = true
        last = nil
        places.removeAll(keepingCapacity: true)
    }

    mutating func penUp() {
        last = nil
    }

    /// Puts the next point of the open stroke into its place.
    mutating func localize(_ point: inout CleanPoint) {
        if isEmpty {
            isEmpty = false
            profile.reset(start: point.x - Self.margin)
        }
        let arrived = point
        if let last {
            profile.addBaseline(last, arrived)
            let drift = profile.interpolated((last.x + arrived.x) / 2) { profile.drift(atCell: $0) }
            profile.addScale(last, arrived, drift: drift)
        }
        last = arrived
        point.y -= profile.interpolated(arrived.x) { profile.drift(atCell: $0) }
        guard followsScale else { return }
        point.y /= profile.interpolated(arrived.x) { profile.scale(atCell: $0) }
        extendPlaces(to: profile.lastCell(upTo: arrived.x))
        point.x = profile.interpolated(arrived.x) { places[$0] }
    }

    private mutating func extendPlaces(to cell: Int) {
        while places.count <= cell {
            let scale = profile.scale(atCell: places.count)
            places.append(places.last.map { $0 + (1 / scaleAtEdge + 1 / scale) / 2 } ?? 0)
            scaleAtEdge = scale
        }
    }
}
