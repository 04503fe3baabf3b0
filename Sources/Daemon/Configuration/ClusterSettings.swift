extension Configuration {
    /// The cell that this daemon belongs to.
    package struct Cluster: ConfigurationSection {
        /// The connection string of the cell's database, as libpq takes it; nil: the daemon belongs to no cell.
        package var database: String?
        /// This daemon's name in the cell; nil: the machine's.
        package var member: String?
        /// Seconds for which a member counts as alive after it was last heard of.
        package var lease = 5.0
        /// Seconds for which a planned move waits for open segments.
        package var drain = 4.0

        package init() {}

        static let fields: [Field<Cluster>] = [
            .value("database", \.database, Notation.text.optional("none"), .restart) { text in
                text?.isEmpty == true ? "a connection string, or 'none'" : nil
            },
            .value("member", \.member, Notation.text.optional("auto"), .restart) { name in
                name.map { (1...63).contains($0.utf8.count) } ?? true ? nil : "1 to 63 bytes, or 'auto'"
            },
            .value("lease", \.lease, .seconds, in: 1...300, .restart),
            .value("drain", \.drain, .seconds, in: 0...60, .restart),
        ]
    }
}
