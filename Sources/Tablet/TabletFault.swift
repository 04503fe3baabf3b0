import Glibc

/// The errors of reading a pen.
public enum TabletFault: Error, Equatable, CustomStringConvertible {
    case noPen(devices: Int, unreadable: [String])
    case notReadable(String, code: Int32)
    case notAPen(String, name: String)
    /// The device was unplugged.
    case gone(String)
    /// Another program has taken the device for itself.
    case grab(String, code: Int32)
    /// A line of a recording that is neither of its format nor a comment.
    case recording(path: String, line: Int, reason: String)
    case unreadableRecording(path: String, reason: String)
    /// A recording of devices among which there is no pen: their names.
    case noPenRecorded(path: String, devices: [String])
    /// A recording of another program, which lacks what is needed.
    case otherProgram(path: String, program: String)

    public var description: String {
        switch self {
        case .noPen(let devices, let unreadable) where !unreadable.isEmpty:
            "no pen found: \(unreadable.count) of \(devices) input devices may not be read (\(unreadable[0])…): join the group that may, 'sudo usermod -aG input $USER', and log in again"
        case .noPen(let devices, _):
            "no pen among \(devices) input devices: plug the tablet in and bring the pen near, then try again; 'ductus tablet RECORDING' replays a recording without one"
        case .notReadable(let path, let code) where code == EACCES:
            "\(path): permission denied: join the group that may read it, 'sudo usermod -aG input $USER', and log in again"
        case .notReadable(let path, let code): "\(path): \(String(cString: strerror(code)))"
        case .notAPen(let path, let name): "\(path) ('\(name)') is no pen: it has no position, or no tip"
        case .gone(let path): "\(path): the tablet is gone; plug it in and start again"
        case .grab(let path, _):
            "\(path): another program has taken this tablet for itself: end it, for example a driver like OpenTabletDriver, and try again"
        case .recording(let path, let line, let reason):
            "\(path), line \(line): \(reason); recordings of evemu-record and 'libinput record' are read, also gzip-compressed"
        case .unreadableRecording(let path, let reason): "\(path): \(reason)"
        case .noPenRecorded(let path, let devices):
            "\(path): no pen among what was recorded (\(devices.isEmpty ? "nothing" : devices.joined(separator: ", "))): a touchscreen, a touch pad or a mouse has no pen as tool; record the device of the pen, 'sudo evemu-record' lists them"
        case .otherProgram(let path, let program):
            "\(path): this is the output of \(program), which is for people to read; record the pen with 'sudo evemu-record /dev/input/eventN > pen.evemu' or 'sudo libinput record -o pen.yml', and send that"
        }
    }
}
