import Foundation

/// The room that a file system has left.
public enum FreeSpace {
    /// Bytes that must be free where something is written that must not be lost: a file system that is fuller than this
    /// fails whoever writes next, who may be in the middle of something.
    public static let least: UInt64 = 64 << 10

    /// Bytes that can be written at a path; nil where the system does not say.
    public static func bytes(at path: String) -> UInt64? {
        var figures = statvfs()
        guard statvfs(path, &figures) == 0 else { return nil }
        return UInt64(figures.f_bavail) * UInt64(figures.f_frsize)
    }
}
