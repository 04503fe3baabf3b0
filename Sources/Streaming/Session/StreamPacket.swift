/// One message of a publisher, of whatever kind of input.
///
/// `epoch` names one run of the publisher (it may be its start time); `sequence` counts its packets of this stream from 0.
/// A new epoch starts anew without a gap; within an epoch every number left out is a lost packet.
public protocol StreamPacket: Sendable {
    /// The run of the publisher; a new one begins anew.
    var epoch: UInt64 { get }
    /// The packet's number within the epoch, from 0.
    var sequence: UInt64 { get }
    /// The effect of the packet on its stream.
    var role: PacketRole { get }
    /// The same packet with another hello in place of its own; itself where it is none.
    func greeting(with hello: StreamHello) -> Self
    /// Bytes that it occupies while it waits, about.
    var byteCount: Int { get }
}

/// The role of a packet in a stream of any kind.
public enum PacketRole: Sendable {
    /// The sender and the device.
    case hello(StreamHello)
    /// Brings something to be kept.
    case input
    /// Tells more of what came before: no memory is needed to take it.
    case amendment
    /// The open segment ends.
    case end(LabelEvent.Ending)
}
