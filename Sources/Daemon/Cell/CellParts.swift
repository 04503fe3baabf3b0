import DuctusCluster
import DuctusFoundations
import Foundation

/// What the parts of a daemon in a cell share: its claims to slots, the streams that came for them, the database and its clock. It is made
/// first; learning and the server are built on it, and then the daemon joins (`CellMembership`).
package struct CellParts: Sendable {
    /// The slots that this daemon owns.
    package let claims: SlotClaims
    package let roster: SlotRoster
    /// Set by the database's clock.
    let cellClock: CellClock
    /// The stores of corrections, words and generations.
    package let stores: PostgreSQLDatabase
    /// The same over connections of their own: generations are read by the one, and trainings use the other.
    let (weights, training): (PostgreSQLDatabase, PostgreSQLDatabase)
    /// Where the database is.
    let address: String

    package var clock: any Clock { cellClock }

    /// Nil where the configuration names no cell.
    package init?(_ configuration: Configuration) {
        guard let address = configuration.cluster.database else { return nil }
        self.address = address
        cellClock = CellClock()
        claims = SlotClaims(of: configuration.cluster.member ?? ProcessInfo.processInfo.hostName)
        roster = SlotRoster(limit: 4 * configuration.limits.streams, clock: SystemClock())
        stores = PostgreSQLDatabase(address)
        (weights, training) = (PostgreSQLDatabase(address), PostgreSQLDatabase(address))
    }
}
