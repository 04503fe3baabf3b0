/// Why the cell's database did not do what it was asked for.
public enum DatabaseFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// libpq is not there.
    case noLibrary(reason: String)
    /// No server answers, or the connection broke.
    case unreachable(reason: String)
    /// The server refused a statement.
    case refused(state: String, reason: String)
    /// The database's answer is not in the form that this program writes.
    case unreadable(String)
    /// The slot is another member's by now.
    case fenced(SlotClaim?)

    public var description: String {
        switch self {
        case .noLibrary(let reason): "the cell's database cannot be used: \(reason)"
        case .unreachable(let reason): "the cell's database cannot be reached: \(reason)"
        case .refused(let state, let reason): "the cell's database refused (\(state)): \(reason)"
        case .unreadable(let what): "the cell's database has \(what), which this program did not write"
        case .fenced(let claim):
            "this daemon does not own \(claim.map { "the slot \($0.slot)" } ?? "the slot") of the writer; another of the cell does, and takes corrections of what a pen writes that is given all daemons"
        }
    }

    /// The same statement may well succeed at the next try, on another connection.
    var isOfConnection: Bool {
        switch self {
        case .unreachable: true
        // Serialization failures and deadlocks; a standby that was not promoted yet; a row that an earlier try has made, whose commit
        // still waited for the standby when the connection broke.
        case .refused(let state, _): state.hasPrefix("40") || state == "25006" || state == "23505"
        case .noLibrary, .unreadable, .fenced: false
        }
    }

    /// The database restarts, fails over, or has too many clients at present, so the caller need only try again later.
    public var passes: Bool {
        if case .refused(let state, _) = self { return isOfConnection || state == "53300" }
        return isOfConnection
    }
}
