import ArgumentParser
import DuctusCluster
import DuctusStreaming
import Foundation

struct ClusterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster", abstract: "Look after the daemons of a cell: who reads what, and who should.",
        subcommands: [Status.self, Drain.self, Move.self, Pens.self], defaultSubcommand: Status.self)

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell which daemons live and how many slots each owns.")

        @OptionGroup var database: DatabaseOptions

        @Option(help: "Tell where this writer is read; for streams that name nobody, the stream's name.")
        var writer: String?

        @Flag(help: "Print one JSON object.")
        var json = false

        struct Report: Encodable {
            struct Member: Encodable {
                var name: String
                var live, draining: Bool
                var lease_seconds: Double
                var slots: Int
            }
            struct Place: Encodable {
                var writer, slot: String
                var owner: String?
                var epoch: Int64
            }
            var members: [Member]
            var unowned: Int
            var wishes: [String: String]
            var writer: Place?
        }

        func run() throws {
            let view = try CellDirectory(database.open()).view()
            let place = writer.flatMap { writer in
                view.slots.first { $0.slot == Slot(of: writer) }.map {
                    Report.Place(writer: writer, slot: $0.slot.digits, owner: $0.owner, epoch: $0.epoch)
                }
            }
            let report = Report(
                members: view.members.map {
                    .init(
                        name: $0.name, live: $0.isLive, draining: $0.isDraining, lease_seconds: $0.lease,
                        slots: $0.slots)
                },
                unowned: view.slots.filter { $0.owner == nil }.count,
                wishes: Dictionary(
                    uniqueKeysWithValues: view.slots.compactMap { slot in slot.wish.map { (slot.slot.digits, $0) } }),
                writer: place)
            if json { return try printJSON(report) }
            for member in report.members {
                let state =
                    member.live
                    ? (member.draining ? "draining" : "live") + String(format: ", lease %.1f s", member.lease_seconds)
                    : "gone"
                print("\(member.name): \(state), \(member.slots) of \(Slot.count) slots")
            }
            if report.members.isEmpty { print("no daemon has joined yet") }
            if report.unowned > 0 { print("! \(report.unowned) slots are nobody's") }
            for (slot, member) in report.wishes.sorted(by: { $0.key < $1.key }) {
                print("slot \(slot) is kept at \(member)")
            }
            if let place {
                print("\(place.writer): slot \(place.slot), read by \(place.owner ?? "nobody"), epoch \(place.epoch)")
            }
        }
    }

    struct Drain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a daemon give its slots to the others, line by line, before it is stopped.")

        @OptionGroup var database: DatabaseOptions

        @Argument(help: "The daemon's name in the cell.")
        var member: String

        @Flag(help: "Let it take its share again.")
        var back = false

        @Option(help: "Seconds to wait until it has none.")
        var wait = 0.0

        func run() throws {
            let directory = CellDirectory(try database.open())
            guard try directory.drain(member, !back) else {
                let names = try directory.view().members.map(\.name).joined(separator: ", ")
                throw ValidationError("no daemon '\(member)' in the cell; there is \(names.isEmpty ? "none" : names)")
            }
            let deadline = ContinuousClock.now + .seconds(wait)
            while !back, wait > 0 {
                let left = try directory.view().members.first { $0.name == member }?.slots ?? 0
                if left == 0 { break }
                guard ContinuousClock.now < deadline else {
                    throw CommandFailure("\(member) still has \(left) slots after \(wait) s; is another daemon alive?")
                }
                Thread.sleep(forTimeInterval: 0.2)
            }
            print(back ? "\(member) takes its share again" : "\(member) gives its slots away")
        }
    }

    struct Move: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep the slot of a writer at a daemon, while that lives.")

        @OptionGroup var database: DatabaseOptions

        @Argument(help: "A writer; for streams that name nobody the stream's name; or a slot as slot:2a7.")
        var writer: String

        @Option(help: "The daemon's name in the cell; auto: where it falls by itself.")
        var to: String

        func run() throws {
            let slot: Slot
            if writer.hasPrefix("slot:") {
                guard let named = Slot(digits: Array(writer.utf8.dropFirst(5))) else {
                    throw ValidationError("\(writer): slots are slot:000 to slot:3ff")
                }
                slot = named
            } else {
                slot = Slot(of: writer)
            }
            let directory = CellDirectory(try database.open())
            let members = try directory.view().members.map(\.name)
            guard to == "auto" || members.contains(to) else {
                throw ValidationError(
                    "no daemon '\(to)' in the cell; there is \(members.isEmpty ? "none" : members.joined(separator: ", "))"
                )
            }
            try directory.move([slot], to: to == "auto" ? nil : to)
            print("slot \(slot) goes to \(to == "auto" ? "where it falls" : to)")
        }
    }
}
