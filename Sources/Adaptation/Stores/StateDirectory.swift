import DuctusFoundations
import Foundation
import Glibc
import Synchronization

/// The directory in which a process keeps what it learns, locked against a second process.
///
/// Guarantees
/// - Two processes never write into the same directory: the second one's `hold` throws `StateFault.busy`, and it has touched nothing but
///   the lock file.
/// - A directory that was removed while it was held is noticed by the next `hold`, which makes and locks it anew and gives another tenure.
/// - Nothing is made in it while it is being removed: `rm -r` would find a directory that does not become empty.
public final class StateDirectory: Sendable {
    public let path: String

    private struct Holding {
        var tenure = 0
        var descriptor: Int32 = -1
        var identity: FileIdentity?
        var isReleased = false
    }

    private let holding = Mutex(Holding())
    private let pause: @Sendable () -> Void

    /// Touches nothing yet.
    public convenience init(_ path: String) {
        self.init(path, pause: { usleep(100_000) })
    }

    /// - Parameter pause: what is done between two looks at a directory that may be being removed: a tenth of a second passes.
    package init(_ path: String, pause: @escaping @Sendable () -> Void) {
        (self.path, self.pause) = (path, pause)
    }

    deinit { release() }

    /// Lets another process have the directory. It cannot be held again.
    public func release() {
        holding.withLock { holding in
            if holding.descriptor >= 0 { close(holding.descriptor) }
            holding.descriptor = -1
            holding.identity = nil
            holding.isReleased = true
        }
    }

    private var lockPath: String { path + "/lock" }

    /// Makes sure that the directory exists and belongs to this process.
    ///
    /// - Returns: the tenure, a number that changes whenever the directory had to be made or locked anew.
    /// - Throws: `StateFault`.
    @discardableResult
    public func hold() throws(StateFault) -> Int {
        let result: Result<Int, StateFault> = holding.withLock { holding in
            if holding.isReleased { return .failure(.unusable(path: path, reason: "it was let go")) }
            if let identity = holding.identity, identity == FileIdentity(path: lockPath) {
                return .success(holding.tenure)
            }
            if holding.identity != nil { awaitRemoval() }
            do throws(StateFault) {
                let descriptor = try lock()
                if holding.descriptor >= 0 { close(holding.descriptor) }
                holding.descriptor = descriptor
                holding.identity = FileIdentity(descriptor: descriptor)
                holding.tenure += 1
                return .success(holding.tenure)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Why nothing can be written at present; nil where it can.
    public func writeFault() -> StateFault? {
        do throws(StateFault) { try hold() } catch { return error }
        guard access(path, W_OK) == 0 else {
            return .unusable(path: path, reason: String(cString: strerror(errno)))
        }
        guard let room, room < FreeSpace.least else { return nil }
        return .unusable(path: path, reason: String(cString: strerror(ENOSPC)))
    }

    /// Bytes that can be written; nil where the system does not say.
    public var room: UInt64? { FreeSpace.bytes(at: path) }

    /// Looks at a directory that is being removed, at most.
    private static let mostLooks = 100

    /// Waits until a removal that is under way has ended: until nothing more goes.
    func awaitRemoval() {
        var before = entries
        for _ in 0..<Self.mostLooks {
            pause()
            let now = entries
            guard now != before else { return }
            before = now
        }
    }

    /// Files and folders in it; nil where there is none.
    private var entries: Int? {
        guard let all = FileManager.default.enumerator(atPath: path) else { return nil }
        return all.reduce(0) { count, _ in count + 1 }
    }

    private func lock() throws(StateFault) -> Int32 {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .unusable(path: path, reason: error.localizedDescription)
        }
        var descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        // The lock of a file system that became read-only can still be held.
        if descriptor < 0, errno == EROFS { descriptor = open(lockPath, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw .unusable(path: path, reason: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .busy(path: path)
        }
        // Between opening and locking the file may have been removed: then the lock is one that nobody else sees.
        guard FileIdentity(descriptor: descriptor) == FileIdentity(path: lockPath) else {
            close(descriptor)
            throw .unusable(path: path, reason: "it is being removed")
        }
        return descriptor
    }
}

/// The identity of the file behind a path, which differs for another file of the same name.
struct FileIdentity: Equatable, Sendable {
    private let device: UInt64
    private let number: UInt64

    init?(path: String) {
        var status = Glibc.stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init?(descriptor: Int32) {
        var status = Glibc.stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: Glibc.stat) {
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }
}

/// The errors of a state directory.
public enum StateFault: Error, Equatable, CustomStringConvertible {
    /// Another process holds it.
    case busy(path: String)
    case unusable(path: String, reason: String)

    public var description: String {
        switch self {
        case .busy(let path):
            "another ductusd keeps what it learns in \(path); stop it, or give this one another directories.state"
        case .unusable(let path, let reason):
            "the state directory \(path) cannot be written: \(reason); make room or mend its rights, or set directories.state to another one"
        }
    }
}
