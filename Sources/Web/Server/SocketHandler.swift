import NIOCore
import NIOWebSocket
import Synchronization

/// One WebSocket: whole messages in, bounded; messages out, partials replaced by newer ones while the reader is slow.
final class SocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let service: any WebSocketService
    private let gate: WebGate
    private let limits: WebLimits
    private let counters: WebCounters
    private let book: ConnectionBook
    private let address: String
    private var conversation: (any WebSocketConversation)?
    private var outlet: Outlet?
    private var message: ByteBuffer?
    private var fragments = 0
    private var unanswered = 0
    private var isEnding = false
    private var timers: [Scheduled<Void>] = []
    private var pings: RepeatedTask?

    init(
        service: any WebSocketService, gate: WebGate, limits: WebLimits, counters: WebCounters, book: ConnectionBook,
        address: String
    ) {
        self.service = service
        self.gate = gate
        self.limits = limits
        self.counters = counters
        self.book = book
        self.address = address
    }

    func handlerAdded(context: ChannelHandlerContext) {
        counters.socketOpened()
        let outlet = Outlet(self, context, limits: limits)
        self.outlet = outlet
        conversation = service.open(outlet)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timers.append(
            context.eventLoop.scheduleTask(in: .microseconds(Int64(limits.headTime * 1e6))) {
                let (handler, context) = bound.value
                guard handler.conversation?.isAuthorized != true else { return }
                handler.end(.policy("no token came in time"), context, reason: "token_time")
            })
        pings = context.eventLoop.scheduleRepeatedTask(
            initialDelay: .microseconds(Int64(limits.pingTime * 1e6)),
            delay: .microseconds(Int64(limits.pingTime * 1e6))
        ) { _ in
            let (handler, context) = bound.value
            handler.ping(context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { finish() }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    private func finish() {
        guard let conversation else { return }
        self.conversation = nil
        for timer in timers { timer.cancel() }
        pings?.cancel()
        outlet?.close()
        conversation.ended()
        counters.socketClosed()
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        let frame = unwrapInboundIn(data)
        unanswered = 0
        guard frame.maskKey != nil else {
            return end(SocketFault(1002, "frames of a client must be masked"), context, reason: "unmasked")
        }
        switch frame.opcode {
        case .ping:
            // Whoever does not take the answers gets no more of them.
            guard context.channel.isWritable else {
                return end(SocketFault(1013, "the answers to pings were not taken"), context, reason: "slow")
            }
            context.writeAndFlush(
                wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)), promise: nil)
        case .pong: break
        case .connectionClose: end(SocketFault(1000, ""), context, reason: nil)
        case .text where message == nil, .continuation where message != nil: gather(frame, context)
        case .binary: end(SocketFault(1003, "send text: JSON"), context, reason: "binary")
        default: end(SocketFault(1002, "a frame is out of order"), context, reason: "frames")
        }
    }

    private func gather(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        var data = frame.unmaskedData
        var whole = message ?? context.channel.allocator.buffer(capacity: data.readableBytes)
        message = nil
        fragments += 1
        let wasAuthorized = conversation?.isAuthorized == true
        let most = wasAuthorized ? limits.messageBytes : limits.greetingBytes
        guard whole.readableBytes + data.readableBytes <= most, fragments <= limits.messageFragments else {
            return end(
                SocketFault(1009, "a message has at most \(most) bytes in \(limits.messageFragments) frames"), context,
                reason: "message")
        }
        whole.writeBuffer(&data)
        guard frame.fin else {
            message = whole
            return
        }
        fragments = 0
        do throws(SocketFault) {
            try conversation?.receive(Array(whole.readableBytesView)) { gate.credentials.peer(token: $0) }
            if !wasAuthorized, conversation?.isAuthorized == true { book.isBusy(context.channel) }
        } catch {
            end(error, context, reason: error.code == 1008 ? "token" : "message")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? NIOWebSocketError else {
            context.close(promise: nil)
            return
        }
        switch error {
        case .invalidFrameLength:
            end(SocketFault(1009, "a frame has at most \(limits.messageBytes) bytes"), context, reason: "message")
        default: end(SocketFault(1002, "a control frame is malformed"), context, reason: "frames")
        }
    }

    // MARK: Out

    private func ping(_ context: ChannelHandlerContext) {
        guard unanswered < 3 else { return end(SocketFault(1001, "no answer to pings"), context, reason: "silent") }
        unanswered += 1
        context.writeAndFlush(
            wrapOutboundOut(
                WebSocketFrame(fin: true, opcode: .ping, data: context.channel.allocator.buffer(capacity: 0))),
            promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flush(context) }
        context.fireChannelWritabilityChanged()
    }

    fileprivate func flush(_ context: ChannelHandlerContext) {
        guard !isEnding, let outlet else { return }
        var wrote = false
        while context.channel.isWritable, let text = outlet.next() {
            let data = context.channel.allocator.buffer(string: text)
            context.write(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .text, data: data)), promise: nil)
            wrote = true
        }
        if wrote { context.flush() }
        if outlet.isOverfull { end(SocketFault(1013, "the messages were not taken"), context, reason: "slow") }
    }

    fileprivate func end(_ fault: SocketFault, _ context: ChannelHandlerContext, reason: String?) {
        guard !isEnding else { return }
        isEnding = true
        if let reason { counters.refused(reason, address: address) }
        var data = context.channel.allocator.buffer(capacity: 2 + fault.reason.utf8.count)
        data.writeInteger(fault.code)
        data.writeString(String(fault.reason.prefix(100)))
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: data)))
            .whenComplete { _ in
                _ = bound.value.eventLoop.scheduleTask(in: .milliseconds(200)) { bound.value.close(promise: nil) }
            }
        // A reader that takes nothing does not take this either.
        timers.append(context.eventLoop.scheduleTask(in: .seconds(2)) { bound.value.close(promise: nil) })
    }
}

/// Messages on their way to one socket, from any thread.
private final class Outlet: SocketOutlet {
    private struct State {
        var waiting: [(key: String?, text: String)] = []
        var first = 0
        var bytes = 0
        var isScheduled = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let loop: any EventLoop
    private let handler: NIOLoopBound<(SocketHandler, ChannelHandlerContext)>
    private let limits: WebLimits

    init(_ handler: SocketHandler, _ context: ChannelHandlerContext, limits: WebLimits) {
        loop = context.eventLoop
        self.handler = NIOLoopBound((handler, context), eventLoop: context.eventLoop)
        self.limits = limits
    }

    func send(_ text: String, key: String?) {
        let mustSchedule = state.withLock { state in
            guard !state.isClosed else { return false }
            if let key, let index = state.waiting[state.first...].lastIndex(where: { $0.key == key }) {
                // The newest counts, but behind what was sent since.
                state.bytes -= state.waiting[index].text.utf8.count
                state.waiting.remove(at: index)
            }
            state.waiting.append((key, text))
            state.bytes += text.utf8.count
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard mustSchedule else { return }
        loop.execute { [self] in
            state.withLock { $0.isScheduled = false }
            handler.value.0.flush(handler.value.1)
        }
    }

    func end(_ fault: SocketFault) {
        loop.execute { [self] in handler.value.0.end(fault, handler.value.1, reason: nil) }
    }

    func next() -> String? {
        state.withLock { state in
            guard state.first < state.waiting.count else { return nil }
            let text = state.waiting[state.first].text
            state.first += 1
            state.bytes -= text.utf8.count
            if state.first > 64, state.first * 2 > state.waiting.count {
                state.waiting.removeFirst(state.first)
                state.first = 0
            }
            return text
        }
    }

    var isOverfull: Bool { state.withLock { $0.bytes > limits.outgoingBytes } }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.waiting.removeAll()
            state.first = 0
        }
    }
}
