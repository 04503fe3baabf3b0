import NIOCore
import NIOHTTP1

/// One connection's requests, one after another: reads a head, a body within its bound and its time, answers, waits for the next.
///
/// Lives on the connection's event loop. Answers may come from any thread.
final class ExchangeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case waiting
        case reading(HTTPRequestHead, WebGate.Admission, body: ByteBuffer)
        case answering
        /// Refused before it was whole: what still comes is thrown away, and the connection ends.
        case ending
    }

    private var state = State.waiting
    private var deadline: Scheduled<Void>?
    private var keepsAlive = false
    private var isHead = false
    private let gate: WebGate
    private let limits: WebLimits
    private let counters: WebCounters
    private let book: ConnectionBook
    private let address: String

    init(gate: WebGate, limits: WebLimits, counters: WebCounters, book: ConnectionBook, address: String) {
        self.gate = gate
        self.limits = limits
        self.counters = counters
        self.book = book
        self.address = address
    }

    func handlerAdded(context: ChannelHandlerContext) { allow(limits.headTime, "head_time", context) }
    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        state = .ending
        context.fireChannelInactive()
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .waiting): begin(head, context)
        case (.body(var part), .reading(let head, let admission, var body)):
            guard body.readableBytes + part.readableBytes <= admission.route.bodyBytes else {
                refuse(Self.tooLarge(admission.route), context)
                return
            }
            guard hold(part.readableBytes, context) else {
                refuse(Self.noRoom, context)
                return
            }
            // The copy in the state would make the buffer's growth a copy each time.
            state = .ending
            body.writeBuffer(&part)
            state = .reading(head, admission, body: body)
        case (.end, .reading(let head, let admission, let body)): answer(head, admission, body, context)
        default: break
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        keepsAlive = head.isKeepAlive
        isHead = head.method == .HEAD
        do throws(Problem) {
            let bytes = head.headers.reduce(head.uri.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
            guard bytes <= limits.headBytes else { throw Self.headTooLarge }
            let admission = try gate.admit(head)
            let announced = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            guard announced <= admission.route.bodyBytes else { throw Self.tooLarge(admission.route) }
            state = .reading(head, admission, body: context.channel.allocator.buffer(capacity: min(announced, 65_536)))
            allow(
                limits.bodyTime + Double(admission.route.bodyBytes) / limits.bodyRate, "body_time", context)
            if head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) {
                context.writeAndFlush(
                    wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
            }
        } catch {
            refuse(error, context)
        }
    }

    private func answer(
        _ head: HTTPRequestHead, _ admission: WebGate.Admission, _ body: ByteBuffer, _ context: ChannelHandlerContext
    ) {
        state = .answering
        deadline?.cancel()
        book.isBusy(context.channel)
        let request = WebRequest(
            method: head.method, uri: head.uri, headers: head.headers, body: Array(body.readableBytesView),
            peer: admission.peer, address: address)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        admission.route.answer(request) { response in
            if loop.inEventLoop {
                bound.value.0.write(response, bound.value.1)
            } else {
                loop.execute { bound.value.0.write(response, bound.value.1) }
            }
        }
    }

    /// Keeps room for a part of the body, at others' expense if there is too much of theirs.
    private func hold(_ bytes: Int, _ context: ChannelHandlerContext) -> Bool {
        guard let gone = book.hold(bytes, for: context.channel) else { return false }
        for other in gone {
            counters.refused("crowded_out", address: other.remoteAddress?.ipAddress ?? "unknown")
            other.close(mode: .all, promise: nil)
        }
        return true
    }

    // MARK: Out

    private func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        counters.refused(problem.kind, address: address)
        keepsAlive = false
        state = .ending
        send(problem.response, context)
    }

    private func write(_ response: WebResponse, _ context: ChannelHandlerContext) {
        guard case .answering = state, context.channel.isActive else { return }
        send(response, context)
    }

    private func send(_ response: WebResponse, _ context: ChannelHandlerContext) {
        counters.answered(response.status.code)
        book.release(context.channel)
        var head = HTTPResponseHead(version: .http1_1, status: response.status, headers: response.headers)
        for (name, value) in SecurityHeaders.all where !head.headers.contains(name: name) {
            head.headers.add(name: name, value: value)
        }
        head.headers.replaceOrAdd(name: "content-length", value: String(response.body.count))
        head.headers.replaceOrAdd(name: "connection", value: keepsAlive ? "keep-alive" : "close")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !isHead, !response.body.isEmpty {
            context.write(
                wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: response.body)))),
                promise: nil)
        }
        allow(limits.answerTime, "answer_time", context)
        var goesOn = false
        if case .answering = state, keepsAlive {
            // The next request of those that came in one go is handed over as soon as the end is written.
            state = .waiting
            goesOn = true
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { [goesOn] _ in
            bound.value.0.sent(goesOn: goesOn, bound.value.1)
        }
    }

    private func sent(goesOn: Bool, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        if goesOn {
            // Unless the next request has begun, with a time of its own.
            guard case .waiting = state else { return }
            book.waits(context.channel)
            allow(limits.idleTime, nil, context)
            return
        }
        deadline?.cancel()
        if case .ending = state {
            // Bytes that the client still sends would turn a close into a reset, and the client would not see the
            // answer.
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            deadline = context.eventLoop.scheduleTask(in: .milliseconds(500)) { bound.value.close(promise: nil) }
            book.waits(context.channel)
            return
        }
        context.close(promise: nil)
    }

    // MARK: What goes wrong

    /// Closes the connection after so many seconds. `reason` counts it as refused.
    private func allow(_ seconds: Double, _ reason: String?, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .microseconds(Int64(seconds * 1e6))) {
            let (handler, context) = bound.value
            if let reason { handler.counters.refused(reason, address: handler.address) }
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, context.channel.isActive else {
            context.close(promise: nil)
            return
        }
        if case .ending = state { return }
        let isOverflow = (error as? HTTPParserError) == .headerOverflow
        refuse(
            isOverflow
                ? Self.headTooLarge
                : Problem(
                    .badRequest, "malformed", "this is no HTTP/1.1 request", remedy: "send one, RFC 9112"), context)
    }

    private static let noRoom = Problem(
        .serviceUnavailable, "bodies", "too many bodies are being read at once", remedy: "send it again in a moment",
        headers: ["retry-after": "1"])

    private static let headTooLarge = Problem(
        .requestHeaderFieldsTooLarge, "head", "the header fields are too many or too long",
        remedy: "send at most 16 KiB of them")

    private static func tooLarge(_ route: WebRoute) -> Problem {
        Problem(
            .payloadTooLarge, "body",
            route.bodyBytes == 0 ? "this path takes no body" : "the body has more than \(route.bodyBytes) bytes",
            remedy: route.bodyBytes == 0 ? "send none" : "send less at once: a line, or a page")
    }
}
