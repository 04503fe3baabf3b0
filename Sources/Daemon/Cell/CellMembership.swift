import DuctusCluster
import DuctusFoundations
import DuctusStreaming
import Foundation
import Logging

/// The daemon as a member of a cell: its slots are read while they are its own, and what it learns is kept in the cell's database.
package final class CellMembership: Sendable {
    private let member: CellMember
    private let cell: CellParts

    /// - Parameters:
    ///   - server: reads what comes for the slots.
    ///   - gained: called when slots came, on the member's thread; it must not wait.
    package init(
        _ cell: CellParts, _ configuration: Configuration, server: Server, health: ServiceHealth, logger: Logger,
        gained: @escaping @Sendable () -> Void
    ) {
        var settings = CellMember.Settings()
        (settings.lease, settings.drain) = (configuration.cluster.lease, configuration.cluster.drain)
        self.cell = cell
        let stores = cell.stores
        member = CellMember(
            cell.claims, serving: SlotReader(server: server, gained: gained), settings,
            database: PostgreSQLDatabase(cell.address, isSynchronous: false), clock: SystemClock(),
            cellClock: cell.cellClock, unready: { stores.fault() }
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
    package func start() { member.start() }

    /// Gives all slots to the others, and leaves the cell.
    package func stop() { member.stop() }

    /// Brings the cell's figures into the metrics, each time they are read.
    package func publish(in registry: PrometheusRegistry) {
        let totals = RunningTotals()
        registry.beforeReading { [member, cell] in
            let (figures, database) = (member.figures, cell.stores.figures)
            let others = [cell.weights.figures, cell.training.figures]
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

/// A server that reads the slots of its member.
private struct SlotReader: SlotService {
    let server: Server
    let gained: @Sendable () -> Void

    func serve(_ slots: Set<Slot>) {
        server.serve(slots)
        gained()
    }

    func busy(among slots: Set<Slot>) -> Set<Slot> { server.busy(among: slots) }

    func abandon(_ slots: Set<Slot>) { server.abandon(slots) }
}
