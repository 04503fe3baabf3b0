import DuctusCluster
import DuctusFoundations
import DuctusStreaming
import Foundation
import Logging
import Synchronization

/// The daemon as a member of a cell: its slots are read while they are its own, and what it learns is kept in the cell's database.
package final class CellMembership: SlotService {
    package let roster: SlotRoster
    /// Set by the database's clock.
    package let clock: any Clock
    package let member: CellMember
    /// The stores of corrections, words and generations.
    package let stores: PostgreSQLDatabase
    /// The same over connections of their own: generations are read by the one, and trainings use the other.
    package let (weights, training): (PostgreSQLDatabase, PostgreSQLDatabase)
    private let name: String
    private let followers = Mutex(Followers())

    private struct Followers {
        weak var server: Server?
        var gained: @Sendable () -> Void = {}
    }

    /// Nil where the configuration names no cell.
    package init?(_ configuration: Configuration, health: ServiceHealth, logger: Logger) {
        guard let database = configuration.cluster.database else { return nil }
        let cellClock = CellClock()
        clock = cellClock
        roster = SlotRoster(limit: 4 * configuration.limits.streams, clock: SystemClock())
        name = configuration.cluster.member ?? ProcessInfo.processInfo.hostName
        var settings = CellMember.Settings(name: name)
        (settings.lease, settings.drain) = (configuration.cluster.lease, configuration.cluster.drain)
        let stores = PostgreSQLDatabase(database)
        self.stores = stores
        (weights, training) = (PostgreSQLDatabase(database), PostgreSQLDatabase(database))
        member = CellMember(
            settings, database: PostgreSQLDatabase(database, isSynchronous: false), clock: SystemClock(),
            cellClock: cellClock, unready: { stores.fault() }
        ) { fault in
            let isMended = fault == nil
            health.degrade("cell", because: fault)
            logger.log(
                level: isMended ? .notice : .error,
                isMended
                    ? "the cell's database can be reached again" : "the cell cannot be followed; what is read stays",
                metadata: fault.map { ["reason": "\($0)"] } ?? [:])
        }
    }

    /// Joins the cell.
    ///
    /// - Parameter gained: called when slots came, on the member's thread; it must not wait.
    package func start(_ server: Server, gained: @escaping @Sendable () -> Void) {
        followers.withLock { followers in
            followers.server = server
            followers.gained = gained
        }
        member.start(self)
    }

    /// Gives all slots to the others, and leaves the cell.
    package func stop() { member.stop() }

    private var server: Server? { followers.withLock { $0.server } }

    package func serve(_ slots: Set<Slot>) {
        server?.serve(slots)
        followers.withLock { $0.gained }()
    }

    package func busy(among slots: Set<Slot>) -> Set<Slot> { server?.busy(among: slots) ?? [] }

    package func abandon(_ slots: Set<Slot>) { server?.abandon(slots) }

    /// Brings the cell's figures into the metrics, each time they are read.
    package func publish(in registry: PrometheusRegistry) {
        let totals = RunningTotals()
        registry.beforeReading { [self] in
            let (figures, database) = (member.figures, stores.figures)
            let others = [weights.figures, training.figures]
            let failures = others.reduce(database.failures) { $0 + $1.failures }
            let fenced = others.reduce(database.fenced) { $0 + $1.fenced }
            MetricCatalogue.cellSlots.gauge(from: registry).record(figures.slots)
            totals.advance(
                MetricCatalogue.cellTakeOvers.counter(from: registry), to: figures.takeOvers, key: "takeovers")
            totals.advance(
                MetricCatalogue.cellFenced.counter(from: registry), to: fenced, key: "fenced")
            totals.advance(
                MetricCatalogue.cellDatabaseFailures.counter(from: registry), to: failures, key: "failures")
            registry.set(
                .cellDatabase, [], count: database.latency.count, sum: Double(database.latency.sum) / 1e6
            ) { database.latency.count(upTo: $0 * 1e6) }
        }
    }
}
