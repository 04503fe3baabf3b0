/// A key whose value differs between two configurations.
package struct ConfigurationChange: Equatable, Sendable, CustomStringConvertible {
    package enum Reload: Equatable, Sendable {
        /// A running daemon takes the new value.
        case live
        /// The daemon goes on with the old value until it is restarted.
        case restart
    }

    package var key: String
    package var from: String
    package var to: String
    package var reload: Reload

    package var description: String { "\(key): \(from) → \(to)" }

    func within(_ section: String) -> ConfigurationChange {
        var change = self
        change.key = "\(section).\(key)"
        return change
    }
}

/// The changes that a reload would make.
package struct ConfigurationDifference: Equatable, Sendable {
    package var changes: [ConfigurationChange]

    package init(from old: Configuration, to new: Configuration) {
        changes = Configuration.changes(from: old, to: new)
    }

    /// Takes effect at once.
    package var applied: [String] { changes.filter { $0.reload == .live }.map(\.description) }
    /// Waits for a restart.
    package var postponed: [String] { changes.filter { $0.reload == .restart }.map(\.description) }
    package var isEmpty: Bool { changes.isEmpty }
}
