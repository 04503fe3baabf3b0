import Glibc

/// What can keep a pen from being read.
public enum TabletFault: Error, Equatable, CustomStringConvertible {
    case noPen(devices: Int, unreadable: [String])
    case notReadable(String, code: Int32)
    case notAPen(String, name: String)
    /// The device was unplugged.
    case gone(String)
    /// A line of a recording that is neither of its format nor a comment.
    case recording(path: String, line: Int, reason: String)
    case unreadableRecording(path: String, reason: String)

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
        case .recording(let path, let line, let reason):
            "\(path), line \(line): \(reason); recordings of evemu-record and 'libinput record' are read, also gzip-compressed"
        case .unreadableRecording(let path, let reason): "\(path): \(reason)"
        }
    }
}
