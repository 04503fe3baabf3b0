import DuctusInk

extension WireRecognizeStroke {
    /// The stroke in columns. Times and pressures are left out where a sample has none.
    package init(_ stroke: Stroke) {
        self.init()
        x = stroke.samples.map(\.x)
        y = stroke.samples.map(\.y)
        let times = stroke.samples.compactMap(\.time)
        if times.count == x.count {
            var before: Int64 = 0
            time = times.map { now in
                defer { before = now }
                return now &- before
            }
        }
        let pressures = stroke.samples.compactMap(\.pressure)
        if pressures.count == x.count { pressure = pressures }
    }
}
