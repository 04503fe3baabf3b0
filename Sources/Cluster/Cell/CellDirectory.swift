import DuctusStreaming

/// Members and slots of a cell, as its database keeps them.
public struct CellDirectory: Sendable {
    /// A slot as the database has it.
    public struct SlotRecord: Sendable, Equatable {
        /// The slot's number.
        public var slot: Slot
        /// The member that reads the slot's streams; nil: none.
        public var owner: String?
        public var epoch: Int64
        /// The member at which an operator wants it.
        public var wish: String?
    }

    /// The cell at one moment.
    public struct View: Sendable, Equatable {
        /// The members, dead ones among them until they are forgotten.
        public var members: [CellMemberRecord] = []
        /// All slots of the cell.
        public var slots: [SlotRecord] = []

        /// The view of a cell without members.
        public init() {}

        /// The owner that each slot should have.
        public var assignment: SlotAssignment {
            let wishes = slots.compactMap { record in record.wish.map { (record.slot, $0) } }
            return SlotAssignment(
                members.filter(\.isLive), wishes: Dictionary(wishes, uniquingKeysWith: { first, _ in first }))
        }
    }

    private let database: PostgreSQLDatabase

    /// The directory in that database.
    public init(_ database: PostgreSQLDatabase) { self.database = database }

    /// - Throws: `DatabaseFault`.
    public func view() throws -> View {
        try database.transact { session in
            var view = View()
            view.slots = try session.query("SELECT number, owner, epoch, wish FROM slot ORDER BY number") { rows in
                (0..<rows.count).compactMap { row in
                    Slot(Int(rows.integer(row, 0) ?? -1)).map {
                        SlotRecord(
                            slot: $0, owner: rows.text(row, 1), epoch: rows.integer(row, 2) ?? 0,
                            wish: rows.text(row, 3))
                    }
                }
            }
            let owned = Dictionary(grouping: view.slots, by: \.owner).mapValues(\.count)
            view.members = try session.query(
                "SELECT name, draining, extract(epoch FROM lease - clock_timestamp()), incarnation FROM member ORDER BY name"
            ) { rows in
                (0..<rows.count).map { row in
                    let name = rows.text(row, 0) ?? ""
                    return CellMemberRecord(
                        name: name, isDraining: rows.boolean(row, 1), lease: rows.number(row, 2) ?? -1,
                        slots: owned[name] ?? 0, incarnation: rows.integer(row, 3) ?? 0)
                }
            }
            return view
        }
    }

    // MARK: What an operator wants

    /// A member gives its slots to the others, or takes its share again.
    ///
    /// - Returns: false where there is no such member.
    public func drain(_ member: String, _ isDraining: Bool) throws -> Bool {
        try database.transact {
            try $0.execute(
                "UPDATE member SET draining = $2::boolean WHERE name = $1", [.text(member), .boolean(isDraining)]) == 1
        }
    }

    /// Slots go to a member and stay there while it lives.
    ///
    /// - Parameter member: nil: to whom they fall by themselves.
    public func move(_ slots: [Slot], to member: String?) throws {
        _ = try database.transact {
            try $0.execute(
                "UPDATE slot SET wish = $2 WHERE number = ANY ($1)",
                [.numbers(slots.map(\.number)), .optional(member)])
        }
    }

    // MARK: What a member does

    /// Begins or renews a lease.
    ///
    /// - Returns: the database's clock, unix µs; nil where another life of this name still has its lease.
    func renew(_ member: String, incarnation: Int64, seconds: Double) throws -> Int64? {
        try database.transact { session in
            try session.query(
                """
                INSERT INTO member (name, incarnation, lease)
                VALUES ($1, $2::bigint, clock_timestamp() + $3::double precision * interval '1 second')
                ON CONFLICT (name) DO UPDATE SET
                    lease = excluded.lease, incarnation = excluded.incarnation,
                    draining = member.draining AND member.incarnation = excluded.incarnation
                WHERE member.incarnation = excluded.incarnation OR member.lease < clock_timestamp()
                RETURNING (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
                """, [.text(member), .integer(incarnation), .text("\(seconds)")]
            ) { $0.count == 1 ? $0.integer(0, 0) : nil }
        }
    }

    /// Releases the slots that an earlier life of this member owned.
    func disown(_ member: String) throws {
        _ = try database.transact {
            try $0.execute("UPDATE slot SET owner = NULL WHERE owner = $1", [.text(member)])
        }
    }

    /// Takes slots that nobody who lives owns; each gets its next epoch. Those that somebody holds at this moment are left for the next try.
    func claim(_ slots: [Slot], for member: String) throws -> [Slot: Int64] {
        try database.transact { session in
            try session.query(
                """
                UPDATE slot SET owner = $2, epoch = epoch + 1, since = clock_timestamp() WHERE number IN (
                    SELECT number FROM slot WHERE number = ANY ($1) AND NOT EXISTS (
                        SELECT 1 FROM member WHERE member.name = slot.owner AND member.lease > clock_timestamp())
                    ORDER BY number FOR UPDATE SKIP LOCKED)
                RETURNING number, epoch
                """, [.numbers(slots.map(\.number)), .text(member)]
            ) { rows in
                var taken: [Slot: Int64] = [:]
                for row in 0..<rows.count {
                    if let slot = Slot(Int(rows.integer(row, 0) ?? -1)) { taken[slot] = rows.integer(row, 1) ?? 0 }
                }
                return taken
            }
        }
    }

    /// Gives slots of a member to another, or to nobody.
    func give(_ slots: some Collection<Slot>, of member: String, to other: String?) throws {
        _ = try database.transact {
            try $0.execute(
                """
                UPDATE slot SET owner = $3, epoch = epoch + CASE WHEN $3::text IS NULL THEN 0 ELSE 1 END, since = clock_timestamp()
                WHERE number = ANY ($1) AND owner = $2
                """, [.numbers(slots.map(\.number).sorted()), .text(member), .optional(other)])
        }
    }

    /// The member is gone: whoever may takes its slots at once.
    func leave(_ member: String, incarnation: Int64) throws {
        _ = try database.transact { session in
            try session.execute("UPDATE slot SET owner = NULL WHERE owner = $1", [.text(member)])
            return try session.execute(
                "UPDATE member SET lease = clock_timestamp() - interval '1 second' WHERE name = $1 AND incarnation = $2",
                [.text(member), .integer(incarnation)])
        }
    }
}
