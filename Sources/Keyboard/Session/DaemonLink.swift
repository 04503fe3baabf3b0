import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import Synchronization

/// The keyboard as a client of the daemon: publishes ink, hears labels, sends corrections. Nothing of it makes the caller wait.
final class DaemonLink: Sendable {
    private let address: DaemonAddress
    private let context: Context
    private let stream: StreamName
    private let inbox: Inbox<KeyboardNews>
    private let outbox: Inbox<InkPacket.Content>
    private let corrections = DispatchQueue(label: "ductus.keyboard.corrections", qos: .utility)
    private let serial = Atomic<UInt64>(0)

    /// Milliseconds for which ink waits until the daemon takes it.
    private static let patience = 2000

    init(_ address: DaemonAddress, stream: StreamName, inbox: Inbox<KeyboardNews>) throws {
        self.address = address
        self.stream = stream
        self.inbox = inbox
        context = try Context()
        outbox = try Inbox()
    }

    /// Begins to listen and to send.
    /// - Parameter others: Further streams that are typed: pens of other devices.
    func start(listeningTo others: [StreamName]) throws {
        let subscriber = try Subscriber(context: context, endpoint: address.labels, security: address.security)
        let streams = [stream] + others
        for stream in streams { try subscriber.subscribe(Topic.labels(stream).wire) }
        let publisher = try Publisher(context: context, endpoint: address.ink, security: address.security)
        run("labels", subscriber) { try $0.listen($1, to: Set(streams)) }
        run("ink", publisher) { try $0.publish($1) }
    }

    /// Sockets belong to one thread: this one is theirs from now on.
    private func run<Socket>(
        _ name: String, _ socket: Socket, _ work: @escaping @Sendable (DaemonLink, Socket) throws -> Void
    ) {
        let handedOver = HandedOver(socket)
        let thread = Thread { [self] in
            do {
                try work(self, handedOver.value)
            } catch {
                inbox.put(.remark("\(error)"))
                inbox.put(.daemon(isThere: false))
            }
        }
        thread.name = name
        thread.start()
    }

    /// Unchecked, because its maker gives it away and touches it no more.
    private struct HandedOver<Value>: @unchecked Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }

    private func listen(_ subscriber: Subscriber, to streams: Set<StreamName>) throws {
        var sequence = LabelSequence()
        let began = Int64(Date().timeIntervalSince1970 * 1e6)
        while true {
            switch try subscriber.arrival() {
            case .connection(let isUp): inbox.put(.daemon(isThere: isUp))
            case .message(let frames):
                // The last event of an earlier life greets every new subscriber.
                if let event = sequence.event(in: frames), streams.contains(event.stream),
                    event.stamps.published >= began
                {
                    inbox.put(.label(event))
                }
            }
        }
    }

    // MARK: Ink

    func send(_ content: InkPacket.Content) { outbox.put(content) }

    private func publish(_ publisher: Publisher) throws {
        let topic = Topic.ink(stream).wire
        let epoch = UInt64(Date().timeIntervalSince1970 * 1e6)
        var sequence: UInt64 = 0
        var hello: InkPacket.Content?
        func send(_ content: InkPacket.Content) throws {
            let packet = InkPacket(epoch: epoch, sequence: sequence, content: content)
            sequence += 1
            try publisher.send(topic: topic, payload: try packet.wire())
        }
        while true {
            var item = pollfd(fd: outbox.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&item, 1, -1) >= 0 || errno == EINTR else { return }
            let contents = outbox.takeAll()
            // The daemon is known to be there before it has subscribed: what is sent earlier goes nowhere. Where it does not subscribe at all, it is lost.
            if !contents.isEmpty, try !publisher.isSubscribed(to: topic) {
                try? publisher.waitForSubscription(to: topic, milliseconds: Self.patience)
            }
            for content in contents {
                if case .hello = content { hello = content }
                // A daemon that began anew knows nothing of this stream.
                if try publisher.takeNewSubscription(to: topic), let hello { try send(hello) }
                try send(content)
            }
        }
    }

    // MARK: Questions

    /// The model that reads ink.
    /// - Throws: `TransportFault` where no daemon answers, `ControlFailure`, `KeyboardFault.noReader`.
    static func reader(at address: DaemonAddress) throws -> String {
        let control = ControlClient(context: try Context(), endpoint: address.control, security: address.security)
        let request = WireControlRequest(id: 1, .status(WireStatusRequest()))
        let reply = try WireControlReply(wire: control.request(request.wire(), milliseconds: 3000)).answer()
        guard case .status(let status) = reply, let reader = status.pipelines.first(where: { $0.input == "ink" }) else {
            throw KeyboardFault.noReader
        }
        return reader.model
    }

    // MARK: Corrections

    func correct(_ correction: ComposingAction.Correction) {
        let request = WireControlRequest(
            id: serial.add(1, ordering: .relaxed).newValue,
            .correct(
                .with {
                    $0.stream = correction.stream.text
                    $0.segment = correction.segment
                    $0.text = correction.text
                }))
        corrections.async { [self] in
            let control = ControlClient(
                context: context, endpoint: address.control, security: address.security)
            do {
                _ = try WireControlReply(wire: control.request(request.wire(), milliseconds: 10_000)).answer()
            } catch let failure as ControlFailure {
                // Its message may hold what was written.
                inbox.put(.remark("a correction was refused (\(failure.code))"))
            } catch {
                inbox.put(.remark("a correction could not be sent: \(error)"))
            }
        }
    }
}
