import DuctusFoundations
import DuctusTransportZeroMQ
import Foundation

/// A CURVE key pair in a file that only its owner can read.
///
/// Two lines, `public = …` and `secret = …`, in Z85; `#` at the start of a line is a comment.
package enum KeyFile {
    /// - Throws: `KeyFileFault`, also for a file that others can read: a secret that others saw is none.
    ///
    /// A credential of systemd may be readable by its group: there the mode shows the access control list that lets the service in.
    ///
    /// - Parameter credentials: The folder of systemd's credentials, if there is one.
    package static func read(
        _ path: String, credentials: String? = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
    ) throws(KeyFileFault) -> CurveKeyPair {
        let file: PlainFile
        do throws(PlainFile.Failure) {
            file = try PlainFile(path, atMost: 4096)
        } catch {
            switch error {
            case .missing: throw .missing(path)
            case .other(let reason): throw .unreadable(path, reason: reason)
            }
        }
        let isCredential = credentials.map { !$0.isEmpty && path.hasPrefix($0 + "/") } ?? false
        guard file.mode & (isCredential ? 0o037 : 0o077) == 0 else { throw .exposed(path, mode: file.mode) }
        return try parse(String(decoding: file.bytes, as: UTF8.self), path: path)
    }

    static func parse(_ text: String, path: String) throws(KeyFileFault) -> CurveKeyPair {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            // The key itself may hold '='.
            guard let equals = line.firstIndex(of: "=") else { throw .malformed(path) }
            let name = line[..<equals].filter { $0 != " " }
            values[name] = String(
                line[line.index(after: equals)...].drop { $0 == " " }.prefix { $0 != " " && $0 != "\r" })
        }
        guard let secret = values["secret"], let key = try? CurveKey(secret),
            let pair = try? CurveKeyPair(secretKey: key)
        else { throw .malformed(path) }
        if let stated = values["public"], stated != pair.publicKey.text { throw .mismatch(path) }
        return pair
    }

    /// Writes a new file with mode 0600; an existing one is never replaced.
    package static func write(_ pair: CurveKeyPair, to path: String, comment: String) throws(KeyFileFault) {
        try write("# \(comment)\npublic = \(pair.publicKey.text)\nsecret = \(pair.secretKey.text)\n", to: path)
    }

    /// Writes a secret into a new file with mode 0600; an existing one is never replaced.
    ///
    /// - Parameter room: tells the bytes that are free in a folder.
    package static func write(
        _ text: String, to path: String, room: (String) -> UInt64? = FreeSpace.bytes
    ) throws(KeyFileFault) {
        let folder = (path as NSString).deletingLastPathComponent
        if let room = room(folder.isEmpty ? "." : folder), room < FreeSpace.least {
            throw .unwritable(
                path,
                reason:
                    "its file system is all but full, \(room >> 10) KiB are free of \(FreeSpace.least >> 10) that are kept so"
            )
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST ? .exists(path) : .unwritable(path, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        let written = Array(text.utf8).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == text.utf8.count, fsync(descriptor) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(path)
            throw .unwritable(path, reason: reason)
        }
    }
}

package enum KeyFileFault: Error, Equatable, CustomStringConvertible {
    case missing(String)
    case unreadable(String, reason: String)
    case exposed(String, mode: UInt32)
    case malformed(String)
    case mismatch(String)
    case exists(String)
    case unwritable(String, reason: String)

    package var problem: ConfigurationFault.Problem {
        switch self {
        case .missing(let path):
            .missingFile(path: path, what: "key file", remedy: "make it with 'ductus keygen --server \(path)'")
        case .unreadable(let path, let reason):
            .unsafeFile(
                path: path, reason: "cannot be read: \(reason)", remedy: "give the daemon's user the right to read it")
        case .exposed(let path, let mode):
            .unsafeFile(
                path: path, reason: "can be read or changed by others (mode 0\(String(mode, radix: 8)))",
                remedy: "run 'chmod 0600 \(path)', and make a new key if others may have seen it")
        case .malformed(let path):
            .unsafeFile(path: path, reason: "holds no CURVE key", remedy: "make one with 'ductus keygen'")
        case .mismatch(let path):
            .unsafeFile(
                path: path, reason: "holds a public key that does not belong to its secret key",
                remedy: "make a new pair with 'ductus keygen'")
        case .exists(let path):
            .unsafeFile(
                path: path, reason: "exists already",
                remedy: "name another file, or remove it if no client uses it any more")
        case .unwritable(let path, let reason):
            .unsafeFile(
                path: path, reason: "cannot be written: \(reason)",
                remedy: "name a file in a directory of yours, with room")
        }
    }

    package var description: String { problem.text }
}
