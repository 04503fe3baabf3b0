import Glibc

/// Waits until devices come, go, or change their rights.
struct DeviceWatch: ~Copyable {
    private let descriptor: Int32

    /// - Throws: `FolderFault` where the folder cannot be watched.
    init(_ folder: String) throws {
        descriptor = inotify_init1(Int32(IN_CLOEXEC))
        guard descriptor >= 0, inotify_add_watch(descriptor, folder, UInt32(IN_CREATE | IN_ATTRIB | IN_MOVED_TO)) >= 0
        else {
            let code = errno
            if descriptor >= 0 { close(descriptor) }
            throw FolderFault(folder: folder, code: code)
        }
    }

    deinit { close(descriptor) }

    /// Returns after the next change.
    func wait() throws {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while read(descriptor, &bytes, bytes.count) < 0 {
            guard errno == EINTR else { throw FolderFault(folder: "/dev/input", code: errno) }
        }
    }
}

/// A folder of devices that cannot be watched.
struct FolderFault: Error, CustomStringConvertible {
    let folder: String
    let code: Int32
    var description: String { "\(folder): \(String(cString: strerror(code))): no tablet can be found on this machine" }
}
