import DuctusInk
import DuctusStreaming
import DuctusTablet
import Foundation

/// The keyboard at work: pen, daemon and IBus meet here. Everything happens on the thread that calls `run()`, which sleeps until something does.
package final class KeyboardSession {
    private let settings: KeyboardSettings
    private let client: IBusClient
    private let engines: IBusEngines
    private let writer: FieldWriter
    private let inbox: Inbox<KeyboardNews>
    private let link: DaemonLink
    private let penThread: PenThread
    private let screen: ScreenThread
    private let drawsInk: Bool
    private let guardian: GuardedLife?
    private let report: (KeyboardReport) -> Void

    private var composer: Composer
    private var desk: PenDesk
    private var device = TabletDevice()
    private var engineSwitch: EngineSwitch
    /// The number of the last request to choose an engine.
    private var request: UInt64?
    private var arrival = Arrival()
    private var held = HeldNews()
    private var cannotAsk = false
    private var hasComplained = false
    private var daemonIsThere = false
    private var isEnabled = false
    private var isGrabbed = false
    private var hasBegun = false
    private var isOver = false

    /// The engine that IBus itself starts with, where no other is known.
    private static let usualEngine = "xkb:us::eng"

    /// - Parameters:
    ///   - guardian: The program and arguments of the process that restores the former engine; nil: none is needed.
    ///   - report: Called with reports of the work, which never hold the user's text.
    package convenience init(
        _ settings: KeyboardSettings, daemon: DaemonAddress, environment: [String: String],
        guardian: (program: String, arguments: [String])?, report: @escaping (KeyboardReport) -> Void
    ) throws {
        try self.init(
            settings, daemon: daemon, client: IBusClient(environment: environment), engine: IBusComponent.engine,
            display: environment["DISPLAY"], isWayland: environment.isWaylandSession, guardian: guardian, report: report
        )
    }

    init(
        _ settings: KeyboardSettings, daemon: DaemonAddress, client: IBusClient, engine: String, display: String?,
        isWayland: Bool = false, guardian: (program: String, arguments: [String])?,
        report: @escaping (KeyboardReport) -> Void
    ) throws {
        self.settings = settings
        self.report = report
        self.client = client
        let inbox = try Inbox<KeyboardNews>()
        self.inbox = inbox
        engineSwitch = EngineSwitch(
            own: engine, current: try client.globalEngine(), usual: Self.usualEngine,
            activates: !settings.isLaunched)
        engines = try IBusEngines(
            client, engine: engine, version: settings.version, isLaunched: settings.isLaunched)
        link = try DaemonLink(daemon, stream: settings.stream, inbox: inbox)
        penThread = try PenThread(settings.pen, inbox: inbox)
        drawsInk = settings.drawsInk && !isWayland
        screen = try ScreenThread(display: display.flatMap { $0.isEmpty ? nil : $0 }, news: inbox)
        writer = FieldWriter(engines, ask: screen.ask)
        self.guardian = guardian.map {
            GuardedLife(program: $0.program, arguments: $0.arguments) { inbox.put(.guardianDied) }
        }
        composer = Composer(stream: settings.stream, believesPrograms: isWayland)
        desk = PenDesk(device)
        desk = makeDesk(device, isWriting: settings.writesAtOnce)
    }

    /// Ends `run()` after what happens now. May be called from any thread, as `toggle()`.
    package var stopper: @Sendable () -> Void {
        let inbox = inbox
        return { inbox.put(.stop) }
    }

    package var toggler: @Sendable () -> Void {
        let inbox = inbox
        return { inbox.put(.toggle) }
    }

    // MARK: The loop

    /// Types until it is stopped.
    /// - Throws: `KeyboardFault.ibusEnded`, `BusFault`, `TransportFault`.
    package func run() throws {
        arrival.begin(at: Self.now)
        try guardian?.start(at: Self.now)
        screen.start()
        try link.start(listeningTo: settings.otherStreams)
        penThread.start()
        defer { end() }
        while !isOver {
            try handleMessages()
            for news in inbox.takeAll() { try handle(news) }
            try advance(to: Self.now)
            try settle()
            // Answers that came while something was asked are in the queue, not in the socket.
            if try !handleMessages(), !isOver { sleep() }
        }
    }

    private func sleep() {
        var items = [
            pollfd(fd: client.bus.descriptor, events: client.bus.events, revents: 0),
            pollfd(fd: inbox.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let waits = held.isEmpty ? [] : [composer.proofDeadline, arrival.deadline]
        let deadlines =
            [client.bus.deadline, desk.deadline, engineSwitch.deadline, guardian?.deadline, writer.deadline] + waits
        let milliseconds =
            deadlines.compactMap { $0 }.min().map { Int32(clamping: max(0, ($0 - Self.now + 999_999) / 1_000_000)) }
            ?? -1
        _ = poll(&items, 2, milliseconds)
    }

    private static var now: Int64 { Int64(clamping: DispatchTime.now().uptimeNanoseconds) }

    /// Whether there were any.
    @discardableResult
    private func handleMessages() throws -> Bool {
        var any = false
        do {
            while let message = try client.bus.next() {
                any = true
                try handle(message)
            }
        } catch BusFault.lost {
            throw KeyboardFault.ibusEnded
        }
        return any
    }

    private func advance(to now: Int64) throws {
        if let due = desk.deadline, now >= due { try perform(desk.tick(at: now)) }
        guardian?.revive(at: now)
        try writer.advance(to: now)
    }

    /// Brings the session up to date after events: who types, who has the tablet, and whether held ink may go on.
    private func settle() throws {
        if let engine = engineSwitch.wanted(isServed: daemonIsThere, at: Self.now) {
            request = try client.requestGlobalEngine(engine)
            if !daemonIsThere {
                arrival.cancel()
                report(.restored(engine: engine))
            } else if engine == engineSwitch.own {
                arrival.begin(at: Self.now)
                report(.active)
            }
        }
        try settleHeld()
        guardian?.guardEngine(engineSwitch.atEnd ?? "")
        if composer.accepts, !hasBegun {
            hasBegun = true
            penThread.begin()
        }
        let grabs = desk.isWriting && isEnabled && daemonIsThere
        if grabs != isGrabbed {
            isGrabbed = grabs
            penThread.grab(grabs)
        }
    }

    /// Ink that came too early goes on once the field may have it, and is forgotten where it may not.
    private func settleHeld() throws {
        guard !held.isEmpty else { return }
        composer.advance(to: Self.now)
        if !arrival.isUnderWay(isServed: daemonIsThere, at: Self.now), composer.wantsProof {
            composer.proofIsAsked(at: Self.now)
            screen.ask()
        }
        guard !isUndecided else { return }
        if cannotAsk, composer.isDistrusted, !hasComplained {
            report(.mute)
            hasComplained = true
        }
        for (item, time) in held.takeAll() { try handle(item, at: time) }
    }

    private var isUndecided: Bool {
        arrival.isUnderWay(isServed: daemonIsThere, at: Self.now) || composer.isUndecided
    }

    private func end() {
        screen.end()
        if let former = engineSwitch.atEnd { try? client.setGlobalEngine(former) }
        try? client.leave()
        guardian?.end()
    }

    // MARK: IBus

    private func handle(_ message: BusMessage) throws {
        if message.kind == .failure, message.replyCookie == request { engineSwitch.refused(at: Self.now) }
        switch try engines.handle(message) {
        case .none: break
        case .engineChanged(let engine): engineSwitch.changed(to: engine)
        case .key(let key, let call):
            if screen.isQuestion(key) {
                composer.keyPassed()
                writer.questionCame(at: Self.now)
                try engines.answer(call, isTaken: true)
            } else if let shortcut = settings.shortcut, shortcut.matches(key) {
                composer.keyPassed()
                try perform(desk.setWriting(!desk.isWriting))
                try writer.answer(call, isTaken: true, at: Self.now)
            } else {
                let (isTaken, actions) = composer.key(key, at: Self.now)
                // The actions come before the answer, so that written text stands before typed text.
                try perform(actions)
                try writer.answer(call, isTaken: isTaken, at: Self.now)
            }
        case .engine(let call, let isElsewhere):
            if isElsewhere { try perform(composer.focusOut()) }
            try handle(call)
        }
    }

    private func handle(_ call: IBusCall) throws {
        switch call {
        case .focusIn(let holder):
            isEnabled = true
            try writer.abandon()
            switch holder {
            case .unknown:
                engineSwitch.focusIsUnknown()
                try perform(composer.focusOut())
            case .nobody:
                arrival.know()
                try perform(composer.focusOut())
            case .field(let isCandid):
                arrival.know()
                try perform(composer.focusIn(isCandid: isCandid))
            }
        case .focusOut:
            try writer.flush()
            try perform(composer.focusOut())
        case .reset: try perform(composer.reset())
        case .enable: isEnabled = true
        case .disable:
            isEnabled = false
            try perform(composer.focusOut())
        case .capabilities(let tells): composer.capabilities(tellsSurroundingText: tells)
        case .content(let content): try perform(composer.become(content))
        case .surrounding(let text): try perform(composer.surrounding(text, at: Self.now))
        case .choice(let index): try perform(composer.choose(index, at: Self.now))
        case .stroke(let stroke): try receive(.stroke(stroke))
        case .cancelStrokes(let count): try receive(.cancelStrokes(count))
        case .key, .other: break
        }
    }

    // MARK: Daemon and pen

    private func handle(_ news: KeyboardNews) throws {
        switch news {
        case .label(let event) where event.stream == settings.stream:
            if event.state == .final {
                desk.beginSegment()
                screen.remove(strokes: event.strokes)
            }
            try perform(composer.label(event, at: Self.now))
        case .label(let event): try receive(.label(event))
        case .daemon(let isThere):
            daemonIsThere = isThere
            report(isThere ? .daemonThere : .daemonAway)
            try perform(composer.daemon(isThere: isThere, at: Self.now))
        case .penFound(let found):
            device = found
            _ = held.takeAll()
            desk = makeDesk(found, isWriting: desk.isWriting)
            report(.pen(found.name))
        case .pen(let actions): try receive(.pen(actions))
        case .penGone(let reason):
            if held.isEmpty { try perform(desk.interrupt()) } else { try receive(.pen([.proximityOut])) }
            report(.penGone(reason))
        case .remark(let text): report(.remark(text))
        case .toggle: try perform(desk.setWriting(!desk.isWriting))
        case .guardianDied: guardian?.mourn(at: Self.now)
        case .cannotAsk:
            cannotAsk = true
            composer.proofIsMissing(at: Self.now)
            writer.questionCame(at: Self.now)
        case .stop: isOver = true
        }
    }

    /// Handles a pen's action, at once or when it is known whether the field may be written into.
    private func receive(_ item: HeldNews.Item) throws {
        composer.advance(to: Self.now)
        var waits = isUndecided
        // Outside writing mode there is no ink that could wait.
        if case .pen = item, !desk.isWriting { waits = false }
        if held.isEmpty, !waits { try handle(item, at: Self.now) } else { held.append(item, at: Self.now) }
    }

    private func handle(_ item: HeldNews.Item, at time: Int64) throws {
        switch item {
        case .pen(let actions): try perform(desk.handle(actions, accepts: composer.accepts, at: time))
        case .label(let event): try perform(composer.label(event, at: Self.now))
        case .stroke(let stroke): try perform(desk.write(stroke, accepts: composer.accepts))
        case .cancelStrokes(let count): try perform(desk.cancel(strokes: count))
        }
    }

    private func makeDesk(_ device: TabletDevice, isWriting: Bool) -> PenDesk {
        var rules = GestureRules()
        rules.gestures = settings.gestures
        return PenDesk(
            device, area: settings.area, recognizer: GestureRecognizer(rules), button: settings.button,
            holdsStill: settings.holdsStill, isWriting: isWriting,
            firstStroke: desk.strokesBegun)
    }

    private func hello(precedingText: String) -> StreamHello {
        StreamHello(
            writer: settings.writer, device: device.name.isEmpty ? nil : String(device.name.prefix(64)), unit: .device,
            resolution: device.resolution,
            area: device.area.map { .init(x: $0.x, y: $0.y, width: $0.width, height: $0.height) },
            precedingText: precedingText.isEmpty ? nil : precedingText, language: settings.language,
            rotation: settings.rotation)
    }

    // MARK: What follows

    private func perform(_ steps: [PenDesk.Step]) throws {
        for step in steps {
            switch step {
            case .begin(let stroke): try perform(composer.penDown(stroke: stroke))
            case .send(let content):
                link.send(content)
                show(content)
            case .gesture(let gesture, let leavesInk):
                try perform(composer.gesture(gesture.edit, leavesInk: leavesInk, at: Self.now))
            case .writingMode(let isOn): report(.writingMode(isOn))
            }
        }
    }

    /// Draws ink where it is written, or takes it back.
    private func show(_ content: InkPacket.Content) {
        switch content {
        case .samples(let samples, let stroke?) where drawsInk:
            let points = samples.filter(\.contact).compactMap {
                device.screenPoint(of: $0.sample, rotation: settings.rotation)
            }
            if !points.isEmpty { screen.draw(points, stroke: stroke) }
        case .retraction(let strokes): screen.remove(strokes: strokes)
        default: break
        }
    }

    private func perform(_ actions: [ComposingAction]) throws {
        for action in actions {
            switch action {
            case .greet(let text): link.send(.hello(hello(precedingText: text)))
            case .endSegment:
                // A stroke that is being written ends with what it belongs to.
                try perform(desk.interrupt())
                link.send(.endOfSegment)
                desk.beginSegment()
                screen.removeAll()
            case .correct(let correction): link.correct(correction)
            default: try writer.perform(action, at: Self.now)
            }
        }
    }
}
