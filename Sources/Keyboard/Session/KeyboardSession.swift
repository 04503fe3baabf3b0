import DuctusInk
import DuctusStreaming
import DuctusTablet
import Foundation

/// The keyboard at work: pen, daemon and IBus meet here. Everything happens on the thread that calls `run()`, which sleeps until something does.
package final class KeyboardSession {
    private let settings: KeyboardSettings
    private let client: IBusClient
    private let engines: IBusEngines
    private let inbox: Inbox<KeyboardNews>
    private let link: DaemonLink
    private let penThread: PenThread
    private let guardian: GuardedLife?
    private let report: (KeyboardReport) -> Void

    private var composer: Composer
    private var desk: PenDesk
    private var device = TabletDevice()
    private var engineSwitch: EngineSwitch
    private var daemonIsThere = false
    private var isEnabled = false
    private var isGrabbed = false
    private var hasBegun = false
    private var isOver = false

    /// Where nobody told another: what IBus itself begins with.
    private static let usualEngine = "xkb:us::eng"

    /// - Parameters:
    ///   - guardian: Program and arguments of the process that restores the former engine; nil: none is needed.
    ///   - report: Hears what happens; never text of the user.
    package convenience init(
        _ settings: KeyboardSettings, daemon: DaemonAddress, environment: [String: String],
        guardian: (program: String, arguments: [String])?, report: @escaping (KeyboardReport) -> Void
    ) throws {
        try self.init(
            settings, daemon: daemon, client: IBusClient(environment: environment), engine: IBusComponent.engine,
            guardian: guardian, report: report)
    }

    init(
        _ settings: KeyboardSettings, daemon: DaemonAddress, client: IBusClient, engine: String,
        guardian: (program: String, arguments: [String])?, report: @escaping (KeyboardReport) -> Void
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
        self.guardian = guardian.map {
            GuardedLife(program: $0.program, arguments: $0.arguments) { inbox.put(.guardianDied) }
        }
        composer = Composer(stream: settings.stream)
        desk = PenDesk(device)
        desk = makeDesk(device)
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
        try guardian?.start()
        try link.start(listeningTo: settings.otherStreams)
        penThread.start()
        defer { end() }
        while !isOver {
            try takeMessages()
            for news in inbox.takeAll() { try take(news) }
            if let due = desk.deadline, Self.now >= due { try perform(desk.tick(at: Self.now)) }
            try settle()
            // Answers that came while something was asked are in the queue, not in the socket.
            if try !takeMessages(), !isOver { sleep() }
        }
    }

    private func sleep() {
        var items = [
            pollfd(fd: client.bus.descriptor, events: client.bus.events, revents: 0),
            pollfd(fd: inbox.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let due = [client.bus.deadline, desk.deadline].compactMap { $0 }.min()
        let milliseconds = due.map { Int32(clamping: max(0, ($0 - Self.now + 999_999) / 1_000_000)) } ?? -1
        _ = poll(&items, 2, milliseconds)
    }

    private static var now: Int64 { Int64(clamping: DispatchTime.now().uptimeNanoseconds) }

    /// Whether there were any.
    @discardableResult
    private func takeMessages() throws -> Bool {
        var any = false
        do {
            while let message = try client.bus.next() {
                any = true
                try take(message)
            }
        } catch BusFault.lost {
            throw KeyboardFault.ibusEnded
        }
        return any
    }

    /// What follows from all that happened: who types, and who has the tablet.
    private func settle() throws {
        if let engine = engineSwitch.wanted(isServed: daemonIsThere) {
            try client.requestGlobalEngine(engine)
            if !daemonIsThere {
                report(.restored(engine: engine))
            } else if engine == engineSwitch.own {
                report(.active)
            }
        }
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

    private func end() {
        if let former = engineSwitch.atEnd { try? client.setGlobalEngine(former) }
        try? client.leave()
        guardian?.end()
    }

    // MARK: IBus

    private func take(_ message: BusMessage) throws {
        if message.kind == .failure { engineSwitch.refused() }
        switch try engines.take(message) {
        case .none: break
        case .engineChanged(let engine): engineSwitch.changed(to: engine)
        case .key(let key, let call):
            if let shortcut = settings.shortcut, shortcut.matches(key) {
                try perform(desk.setWriting(!desk.isWriting))
                try engines.answer(call, isTaken: true)
            } else {
                let (isTaken, actions) = composer.key(key, at: Self.now)
                // Before the answer: what was written stands before what is typed.
                try perform(actions)
                try engines.answer(call, isTaken: isTaken)
            }
        case .engine(let call, let isElsewhere):
            if isElsewhere { try perform(composer.focusOut()) }
            try take(call)
        }
    }

    private func take(_ call: IBusCall) throws {
        switch call {
        case .focusIn(let holder):
            isEnabled = true
            if holder == .unknown { engineSwitch.focusIsUnknown() }
            try perform(holder == .field ? composer.focusIn() : composer.focusOut())
        case .focusOut: try perform(composer.focusOut())
        case .reset: try perform(composer.reset())
        case .enable: isEnabled = true
        case .disable:
            isEnabled = false
            try perform(composer.focusOut())
        case .capabilities(let tells): composer.capabilities(tellsSurroundingText: tells)
        case .content(let content): try perform(composer.become(content))
        case .surrounding(let text): try perform(composer.surrounding(text, at: Self.now))
        case .choice(let index): try perform(composer.choose(index, at: Self.now))
        case .stroke(let stroke): try perform(desk.write(stroke, accepts: composer.accepts))
        case .cancelStrokes(let count): try perform(desk.cancel(strokes: count))
        case .key, .other: break
        }
    }

    // MARK: Daemon and pen

    private func take(_ news: KeyboardNews) throws {
        switch news {
        case .label(let event):
            if event.state == .final, event.stream == settings.stream { desk.beginSegment() }
            try perform(composer.label(event, at: Self.now))
        case .daemon(let isThere):
            daemonIsThere = isThere
            report(isThere ? .daemonThere : .daemonAway)
            try perform(composer.daemon(isThere: isThere, at: Self.now))
        case .penFound(let found):
            device = found
            desk = makeDesk(found)
            isGrabbed = false
            report(.pen(found.name))
        case .pen(let actions):
            try perform(desk.take(actions, accepts: composer.accepts, at: Self.now))
        case .penGone(let reason):
            try perform(desk.interrupt())
            report(.penGone(reason))
        case .remark(let text): report(.remark(text))
        case .toggle: try perform(desk.setWriting(!desk.isWriting))
        case .guardianDied: try guardian?.revive()
        case .stop: isOver = true
        }
    }

    private func makeDesk(_ device: TabletDevice) -> PenDesk {
        var rules = GestureRules()
        rules.gestures = settings.gestures
        return PenDesk(
            device, area: settings.area, recognizer: GestureRecognizer(rules), button: settings.button,
            holdsStill: settings.holdsStill, isWriting: desk.isWriting || settings.writesAtOnce,
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
            case .send(let content): link.send(content)
            case .gesture(let gesture, let leavesInk):
                try perform(composer.gesture(gesture.edit, leavesInk: leavesInk, at: Self.now))
            case .writingMode(let isOn): report(.writingMode(isOn))
            }
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
            case .correct(let correction): link.correct(correction)
            default: try engines.perform(action)
            }
        }
    }
}
