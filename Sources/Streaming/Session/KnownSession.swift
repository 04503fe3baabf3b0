import DuctusNetwork
import DuctusRecognition

/// The session of a kind that the compiler knows: a class of the kind's folder that holds its `StreamSession`.
///
/// A lane calls its sessions through `any Session`, and a generic class called so runs code for all kinds, which asks for the layout of each
/// value. The class of one kind calls code that was made for it. A kind without one works as well, at some microseconds a packet.
protocol KnownSession: Session {
    associatedtype Kind: InputKind
    var session: StreamSession<Kind> { get }
    init(_ session: StreamSession<Kind>)
}

extension KnownSession {
    var stream: StreamName { session.stream }
    var pipeline: Pipeline { session.pipeline }
    var client: ClientIdentifier { session.client }
    var lastArrival: Int64 { session.lastArrival }
    var isIdle: Bool { session.isIdle }
    var partialIsDue: Bool { session.partialIsDue }
    var skippedPartials: UInt64 { session.skippedPartials }
    var byteCount: Int { session.byteCount }
    var summary: SessionSummary { session.summary }
    var waitingFinals: Int { session.waitingFinals }
    var waitingWork: WaitingWork { session.waitingWork }
    var nextFinalFrames: Int { session.nextFinalFrames }

    func receive(
        _ packet: any StreamPacket, from client: ClientIdentifier, arrived: Int64, now: Moment, isBegun: Bool
    ) throws(PacketRefusal) -> PacketReceipt {
        try session.receive(packet, from: client, arrived: arrived, now: now, isBegun: isBegun)
    }

    func keeps(atLeast bytes: Int) -> Bool { session.keeps(atLeast: bytes) }
    func tick(_ now: Moment) -> Bool { session.tick(now) }
    func end(_ ending: LabelEvent.Ending, now: Moment) { session.end(ending, now: now) }
    func nextWindow() -> WindowOffer { session.nextWindow() }
    func receiveWindow(_ output: OutputSequence) -> LabelEvent? { session.receiveWindow(output) }
    func giveUpWindow() { session.giveUpWindow() }
    func nextFinal() -> FinalOffer { session.nextFinal() }
    func receiveFinalWindow(_ output: OutputSequence) { session.receiveFinalWindow(output) }
    func finish(_ recognition: Result<Recognition, any Error>) -> FinishedSegment? { session.finish(recognition) }
    func giveUpNewestFinal(because reason: String) -> Bool { session.giveUpNewestFinal(because: reason) }
}
