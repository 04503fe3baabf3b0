import Foundation

/// A source of pen actions: a tablet, or a recording of one.
public protocol PenSource: AnyObject {
    /// The tablet, with its axes.
    var device: TabletDevice { get }
    /// Reports that were thrown away so far.
    var dirt: PenDirt { get }
    /// The next actions; empty when there were none for a while, nil when there will be no more.
    func next() throws -> [PenAction]?
}

/// A tablet of this machine.
public final class LivePen: PenSource {
    /// The tablet that is open.
    public let pen: EvdevPen
    private let patience: Int32
    private var tracker: PenTracker

    /// - Parameter milliseconds: For which `next()` waits.
    public init(_ pen: EvdevPen, milliseconds: Int32 = 100) {
        self.pen = pen
        patience = milliseconds
        tracker = PenTracker(pen.device)
        tracker.adopt(pen.state())
    }

    public var device: TabletDevice { pen.device }
    public var dirt: PenDirt { tracker.dirt }

    public func next() throws -> [PenAction]? {
        var actions: [PenAction] = []
        for event in try pen.read(milliseconds: patience) {
            tracker.handle(event, into: &actions)
            if actions.last == .resynchronize {
                actions.removeLast()
                tracker.adopt(pen.state())
            }
        }
        return actions
    }
}

/// A recording, event after event, as fast as it is asked for.
public final class RecordedPen: PenSource {
    private static let reportsAtOnce = 16

    private let recording: PenRecording
    private var tracker: PenTracker
    private var isOver = false

    /// A pen that plays a recording back from its start.
    public init(_ recording: PenRecording) {
        self.recording = recording
        tracker = PenTracker(recording.device)
    }

    public var device: TabletDevice { recording.device }
    public var dirt: PenDirt { tracker.dirt }

    public func next() throws -> [PenAction]? {
        if isOver { return nil }
        var actions: [PenAction] = []
        while actions.count < Self.reportsAtOnce {
            guard let event = try recording.next() else {
                isOver = true
                tracker.finish(into: &actions)
                break
            }
            tracker.handle(event, into: &actions)
            // A recording cannot be asked; what was lost stays unknown until it is reported again.
            actions.removeAll { $0 == .resynchronize }
        }
        return actions
    }
}
