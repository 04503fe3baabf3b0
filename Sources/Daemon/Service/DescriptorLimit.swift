import Foundation
import Glibc

/// The limit of open descriptors of this process, and the share of it that connections may take.
package enum DescriptorLimit {
    /// Kept for files, models, the journal and the web: a quarter of a small limit, this many of a large one.
    private static let reserve = 256
    /// More would not be used: ZeroMQ has at most 65,535 sockets.
    private static let most = 180_000

    /// Raises the limit to what the system allows: the usual 1,024 is a relic of programs that call select.
    /// - Returns: The limit in force.
    @discardableResult
    package static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        if limit.rlim_cur > before, setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 {
            limit.rlim_cur = before
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Descriptors that connections may take: what is free now, less a reserve.
    package static func forConnections() -> Int {
        var limit = rlimit()
        let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 64
        return free(limit: isKnown ? Int(clamping: limit.rlim_cur) : 1024, open: open)
    }

    static func free(limit: Int, open: Int) -> Int { max(64, min(most, limit - open - min(reserve, limit / 4))) }
}
