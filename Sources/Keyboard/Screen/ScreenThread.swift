import DuctusTransportZeroMQ
import Foundation
import Synchronization

/// Carries out the keyboard's requests to the X server on a thread of its own, so that a slow server does not delay
/// text. It connects with the first request.
final class ScreenThread: Sendable {
    private enum Order: Sendable {
        case ask
        case draw([ScreenPoint], stroke: UInt32)
        case remove(Set<UInt32>)
        case removeAll
        case end
    }

    private let display: String?
    private let news: Inbox<KeyboardNews>
    private let orders: Inbox<Order>
    /// The key that asked last.
    private let question = Mutex<UInt32?>(nil)

    /// - Parameter display: As in `DISPLAY`; nil: there is no X server.
    init(display: String?, news: Inbox<KeyboardNews>) throws {
        self.display = display
        self.news = news
        orders = try Inbox()
    }

    func start() {
        let thread = Thread { [self] in work() }
        thread.name = "screen"
        thread.start()
    }

    /// Presses a key that types nothing: a program that hands its keys to the input method hands on this one. Where that cannot be done,
    /// `KeyboardNews.cannotAsk` follows.
    func ask() { orders.put(.ask) }

    /// Whether a key is the one that asked.
    func isQuestion(_ key: Key) -> Bool { key.isWithoutSymbol && question.withLock { $0 == key.code } }

    func draw(_ points: [ScreenPoint], stroke: UInt32) { orders.put(.draw(points, stroke: stroke)) }
    func remove(strokes: [UInt32]) { orders.put(.remove(Set(strokes))) }
    func removeAll() { orders.put(.removeAll) }
    func end() { orders.put(.end) }

    private func work() {
        var screen: X11Screen?
        var hasTried = false
        while true {
            for order in orders.takeAll() {
                if case .end = order { return }
                if !hasTried {
                    hasTried = true
                    screen = display.flatMap { X11Screen(display: $0) }
                }
                obey(order, screen)
                if screen?.isLost == true { screen = nil }
            }
            screen?.drain()
            if screen?.isLost == true { screen = nil }
            var items = [
                pollfd(fd: orders.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: screen?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&items, 2, -1) >= 0 || errno == EINTR else { return }
        }
    }

    private func obey(_ order: Order, _ screen: X11Screen?) {
        switch order {
        case .ask:
            guard let screen, let key = screen.unusedKey else { return news.put(.cannotAsk) }
            question.withLock { $0 = key }
            screen.press(key)
        case .draw(let points, let stroke): screen?.draw(points, stroke: stroke)
        case .remove(let strokes): screen?.remove(strokes: strokes)
        case .removeAll: screen?.removeAll()
        case .end: break
        }
    }
}
