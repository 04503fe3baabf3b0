import DuctusInk
import DuctusTablet
import DuctusTransportZeroMQ
import Foundation
import Synchronization

/// Reads the pen on a thread of its own, which sleeps while nothing happens: finds the tablet, waits for one to be plugged in, plays a recording.
final class PenThread: Sendable {
    private let source: PenOrigin
    private let inbox: Inbox<KeyboardNews>
    private let wake: Signal
    private let isGrabbed = Mutex(false)
    private let folder: String
    private let wanted = DispatchSemaphore(value: 0)

    init(_ source: PenOrigin, inbox: Inbox<KeyboardNews>, folder: String = "/dev/input") throws {
        self.source = source
        self.inbox = inbox
        self.folder = folder
        wake = try Signal()
    }

    func start() {
        let thread = Thread { [self] in
            do {
                switch source {
                case .any: try follow { try EvdevPen.find(in: self.folder) }
                case .device(let path): try follow { try EvdevPen(path) }
                case .recording(let url, let speed): try play(RecordedPen(PenRecording(url)), speed: speed)
                case .strokes(let strokes):
                    wanted.wait()
                    play(strokes)
                case .none: break
                }
            } catch {
                inbox.put(.penGone("\(error)"))
            }
        }
        thread.name = "pen"
        thread.start()
    }

    /// Ink is wanted for the first time.
    func begin() { wanted.signal() }

    /// Takes the tablet from everybody else, or gives it back.
    func grab(_ grabs: Bool) {
        isGrabbed.withLock { $0 = grabs }
        wake.raise()
    }

    // MARK: A tablet

    private func follow(_ open: () throws -> EvdevPen) throws {
        let watch = try DeviceWatch(folder)
        var complaint: String?
        while true {
            do {
                try read(LivePen(try open(), milliseconds: 0))
            } catch let fault as TabletFault {
                // The same fault again and again is told once.
                let text = "\(fault)"
                if text != complaint { inbox.put(.penGone(text)) }
                complaint = text
            }
            try watch.wait()
        }
    }

    private func read(_ pen: LivePen) throws {
        inbox.put(.penFound(pen.device))
        // What was asked of this tablet last. One that is plugged in again belongs to nobody yet.
        var asked = false
        while true {
            let grabs = isGrabbed.withLock { $0 }
            if grabs != asked {
                asked = grabs
                do { try pen.pen.grab(grabs) } catch { inbox.put(.remark("\(error)")) }
            }
            var items = [
                pollfd(fd: pen.pen.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&items, 2, -1) >= 0 || errno == EINTR else { return }
            if items[1].revents != 0 { wake.lower() }
            guard items[0].revents != 0, let actions = try pen.next(), !actions.isEmpty else { continue }
            inbox.put(.pen(actions))
        }
    }

    // MARK: A recording

    private func play(_ pen: RecordedPen, speed: Double) throws {
        var pace = PenPace(speed: speed)
        inbox.put(.penFound(pen.device))
        while let actions = try pen.next() { play(actions, &pace) }
        inbox.put(.penGone(nil))
    }

    private func play(_ strokes: [Stroke]) {
        var pace = PenPace(speed: 1)
        inbox.put(.penFound(TabletDevice()))
        for stroke in strokes {
            var actions = stroke.samples.map { PenAction.sample($0, contact: true, erasing: false) }
            if let last = stroke.samples.last { actions.append(.sample(last, contact: false, erasing: false)) }
            play(actions, &pace)
        }
        inbox.put(.pen([.proximityOut]))
        inbox.put(.penGone(nil))
    }

    /// Each action when it is due, those that are due together at once.
    private func play(_ actions: [PenAction], _ pace: inout PenPace) {
        var due: [PenAction] = []
        for action in actions {
            if case .sample(let sample, _, _) = action, let left = pace.left(until: sample.time) {
                if !due.isEmpty { inbox.put(.pen(due)) }
                due = []
                Thread.sleep(forTimeInterval: left)
            }
            due.append(action)
        }
        if !due.isEmpty { inbox.put(.pen(due)) }
    }
}
