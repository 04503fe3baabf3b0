import CDuctusEvdev
import Foundation

/// A tablet of this machine, read through the kernel's event interface. Belongs to one thread.
public final class EvdevPen {
    public let path: String
    public let device: TabletDevice
    /// For waiting with `poll`; read it through `read(milliseconds:)`.
    public let descriptor: Int32

    /// - Parameter path: `/dev/input/eventN`.
    /// - Throws: `TabletFault.notReadable`, `.notAPen`.
    public init(_ path: String) throws(TabletFault) {
        let descriptor = ductus_evdev_open(path)
        guard descriptor >= 0 else { throw .notReadable(path, code: errno) }
        let device = Self.describe(descriptor)
        guard device.isPen else {
            close(descriptor)
            throw .notAPen(path, name: device.name)
        }
        // Time that neither jumps nor runs backward. Kernels that refuse keep the wall clock, which will do.
        _ = ductus_evdev_clock(descriptor, CLOCK_MONOTONIC)
        self.path = path
        self.descriptor = descriptor
        self.device = device
    }

    deinit { close(descriptor) }

    /// The first pen of this machine, by number of its device.
    /// - Throws: `TabletFault.noPen`, which tells what could not be looked at.
    public static func find(in folder: String = "/dev/input") throws(TabletFault) -> EvdevPen {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.hasPrefix("event")
        }
        var unreadable: [String] = []
        for name in names.sorted(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) }) {
            do throws(TabletFault) {
                return try EvdevPen("\(folder)/\(name)")
            } catch .notReadable(let path, _) {
                unreadable.append(path)
            } catch {
                continue
            }
        }
        throw .noPen(devices: names.count, unreadable: unreadable)
    }

    /// Waits for events and takes all there are. Empty after `milliseconds` without one.
    /// - Throws: `TabletFault.gone`.
    public func read(milliseconds: Int32) throws(TabletFault) -> [InputEvent] {
        var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&item, 1, milliseconds) > 0 else { return [] }
        var events: [InputEvent] = []
        var raw = [input_event](repeating: input_event(), count: 64)
        while true {
            let count = raw.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN { return events }
                throw .gone(path)
            }
            events += raw.prefix(count / MemoryLayout<input_event>.stride).map { event in
                InputEvent(
                    time: Int64(event.time.tv_sec) * 1_000_000 + Int64(event.time.tv_usec), type: event.type,
                    code: event.code, value: event.value)
            }
        }
    }

    /// Takes the pen away from everybody else, so that it moves no pointer, or gives it back. It is given back when the device is closed.
    /// - Throws: `TabletFault.grab` where another program has it.
    public func grab(_ grabs: Bool) throws(TabletFault) {
        guard ductus_evdev_grab(descriptor, grabs ? 1 : 0) >= 0 else { throw .grab(path, code: errno) }
    }

    /// The present state of the pen, as the kernel reports it.
    public func state() -> PenTracker.State {
        var state = PenTracker.State()
        (state.x, state.y) = (value(InputCode.x), value(InputCode.y))
        state.pressure = value(InputCode.pressure)
        (state.tiltX, state.tiltY) = (value(InputCode.tiltX), value(InputCode.tiltY))
        var bits = [UInt8](repeating: 0, count: 96)
        if ductus_evdev_keys(descriptor, &bits, UInt32(bits.count)) >= 0 {
            let pressed = Self.codes(in: bits)
            state.tools = pressed.filter { InputCode.tools.contains($0) }
            if device.keys.contains(InputCode.touch) { state.touch = pressed.contains(InputCode.touch) }
        }
        return state
    }

    private func value(_ axis: UInt16) -> Int32? {
        var info = input_absinfo()
        guard device.axes[axis] != nil, ductus_evdev_axis(descriptor, UInt32(axis), &info) >= 0 else { return nil }
        return info.value
    }

    private static func describe(_ descriptor: Int32) -> TabletDevice {
        var device = TabletDevice()
        var name = [CChar](repeating: 0, count: 256)
        if ductus_evdev_name(descriptor, &name, 255) >= 0 {
            device.name = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        var bits = [UInt8](repeating: 0, count: 96)
        if ductus_evdev_codes(descriptor, UInt32(InputCode.key), &bits, UInt32(bits.count)) >= 0 {
            device.keys = codes(in: bits)
        }
        bits = [UInt8](repeating: 0, count: 8)
        guard ductus_evdev_codes(descriptor, UInt32(InputCode.axis), &bits, UInt32(bits.count)) >= 0 else {
            return device
        }
        for axis in codes(in: bits) {
            var info = input_absinfo()
            guard ductus_evdev_axis(descriptor, UInt32(axis), &info) >= 0 else { continue }
            device.axes[axis] = .init(minimum: info.minimum, maximum: info.maximum, resolution: max(0, info.resolution))
        }
        return device
    }

    private static func codes(in bits: [UInt8]) -> Set<UInt16> {
        var codes: Set<UInt16> = []
        for (index, byte) in bits.enumerated() {
            for bit in 0..<8 where (byte >> bit) & 1 == 1 { codes.insert(UInt16(index * 8 + bit)) }
        }
        return codes
    }
}
