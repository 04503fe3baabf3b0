/// Keeps every correction that was acknowledged, with the evidence of its segment.
///
/// `JournalRules` decides on each correction, and an implementation keeps it. After a fault, the next call tries again.
/// Every implementation must pass `Tests/AdaptationTestSupport/CorrectionJournalConformance.swift`.
///
/// Guarantees
/// - When `add` returns, the correction survives a crash of the process and of the machine.
/// - The same text for the same segment is kept once, however often it is sent.
/// - What was erased cannot be recovered from the journal's own files.
/// - Used from any thread; all calls may block on a disk or a network.
public protocol CorrectionJournal: Sendable {
    /// Keeps a correction for good.
    ///
    /// - Parameter isDoubtful: whether it contradicts a confident reading. Then it is quarantined.
    /// - Returns: the entry in the journal; the former one if the correction was there already.
    func add(_ correction: Correction, isDoubtful: Bool) throws(JournalError) -> JournaledCorrection

    /// The newest corrections that a scope learns from, in the order of their numbers. The shared scope learns from everyone's.
    func corrections(of scope: Scope, limit: Int) throws(JournalError) -> [JournaledCorrection]

    /// Held-out corrections of a scope that have been learned from before `number`, evenly spread over all of them, in order.
    func heldOut(of scope: Scope, before number: UInt64, limit: Int) throws(JournalError) -> [JournaledCorrection]

    /// Everything that is kept, whatever its state, in the order of the numbers.
    ///
    /// - Parameter owner: of these corrections alone, where given.
    func entries(of owner: CorrectionOwner?, after number: UInt64, limit: Int) throws(JournalError)
        -> [JournaledCorrection]

    /// Scopes with corrections that no training has used.
    func scopesWithPending() throws(JournalError) -> Set<Scope>

    /// Notes what became of corrections. Superseded and quarantined ones stay so.
    func mark(_ numbers: [UInt64], as state: JournaledCorrection.State) throws(JournalError)

    /// Takes corrections out of quarantine: they are pending, and no longer doubtful.
    func release(_ numbers: [UInt64]) throws(JournalError)

    /// The standing of one source: the number of its corrections, and of doubtful ones among them.
    func standing(of source: CorrectionSource) throws(JournalError) -> SourceStanding

    /// Quarantines what has come from a source and was not learned yet.
    func quarantine(_ source: CorrectionSource) throws(JournalError)

    /// The newest quarantined corrections of a scope, in the order of their numbers.
    func quarantined(in scope: Scope, limit: Int) throws(JournalError) -> [JournaledCorrection]

    /// The number of corrections that no training of the shared scope has used.
    func countNewToEveryone() throws(JournalError) -> Int

    /// Notes that a training of the shared scope has used everything up to a number.
    func markEveryone(upTo number: UInt64) throws(JournalError)

    /// Marks a scope's pending corrections as rejected: they start no training of their own, and the next one still uses them.
    func setAside(_ scope: Scope) throws(JournalError)

    /// The number of corrections that are kept.
    func count() throws(JournalError) -> Int

    /// Removes everything of an owner.
    ///
    /// - Returns: the numbers of the removed corrections.
    func erase(_ owner: CorrectionOwner) throws(JournalError) -> [UInt64]

    /// Removes corrections that are older than `time`, unix µs.
    ///
    /// - Returns: the numbers of what is gone.
    @discardableResult
    func erase(before time: Int64) throws(JournalError) -> [UInt64]

    /// Why nothing can be added at present; nil where it can.
    func fault() -> JournalError?

    /// Ends the use of the journal. Nothing can be added afterwards.
    func close()
}

/// The owner of corrections.
public enum CorrectionOwner: Sendable, Hashable {
    case writer(String)
    /// Corrections of streams whose hello named no writer; of this stream alone, where it is given.
    case nobody(stream: String?)
}

/// The source of corrections, a writer on a stream. Trust is decided for each source.
public struct CorrectionSource: Sendable, Hashable {
    /// The writer; nil where the stream names none.
    public var writer: String?
    public var stream: String

    /// A writer on a stream; nil where the stream names nobody.
    public init(writer: String?, stream: String) {
        self.writer = writer
        self.stream = stream
    }
}

extension Correction {
    /// The writer and stream that the correction came from.
    public var source: CorrectionSource { CorrectionSource(writer: writer, stream: stream) }
}

/// The errors of a correction journal.
public enum JournalError: Error, Equatable, CustomStringConvertible {
    case unusable(path: String, reason: String)
    case noDirectory(StateFault)
    /// It is kept elsewhere, and cannot be reached at present.
    case unavailable(reason: String)
    /// Somebody else keeps this writer's corrections by now.
    case notOwner(reason: String)

    public var description: String {
        switch self {
        case .unusable(let path, let reason):
            "journal \(path): \(reason); check that its folder can be written and has room"
        case .unavailable(let reason), .notOwner(let reason): reason
        case .noDirectory(let fault): "\(fault)"
        }
    }
}
