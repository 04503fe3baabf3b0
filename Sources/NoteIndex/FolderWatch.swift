import Foundation
import Glibc

/// Waits for changes below a folder (inotify(7)). What changed is found by comparing, so that nothing is missed when the kernel's queue
/// overflows.
public final class FolderWatch {
    private let folder: NoteFolder
    private let descriptor: Int32
    private var watched: Set<String> = []
    private static let events = UInt32(
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF)
    /// Programs write a file in several steps; it is read once they pause.
    private static let calm: Int32 = 150

    /// - Throws: `POSIXError`.
    public init(_ folder: NoteFolder) throws {
        self.folder = folder
        descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        watchAll()
    }

    deinit { close(descriptor) }

    private func watchAll() {
        for path in folder.folders() where !watched.contains(path) {
            // A folder beyond the user's limit of watches is looked at with the next change elsewhere, or the next look at all.
            if inotify_add_watch(descriptor, path, Self.events) >= 0 { watched.insert(path) }
        }
    }

    /// Waits until something changed and then stayed as it is for a moment; false after `milliseconds` without a change.
    public func wait(milliseconds: Int32) -> Bool {
        guard isReady(milliseconds) else { return false }
        repeat { drain() } while isReady(Self.calm)
        // Folders that are gone are watched anew should they come again.
        watched.removeAll()
        watchAll()
        return true
    }

    private func isReady(_ milliseconds: Int32) -> Bool {
        var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&item, 1, milliseconds) > 0
    }

    private func drain() {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while read(descriptor, &buffer, buffer.count) > 0 {}
    }
}
