import Foundation

/// A file's bytes in memory: mapped where it is a file, copied where it was made here. Read-only.
final class MappedFile {
    /// The path, for messages.
    let path: String
    let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    /// Maps the file at `path`.
    ///
    /// - Throws: `LanguageModelFault.unreadable` with the system's reason.
    init(path: String) throws {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MappedFile.unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw MappedFile.unreadable(path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw LanguageModelFault.unreadable(path, reason: "it is not a regular file")
        }
        isMapped = status.st_size > 0
        guard isMapped else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let size = Int(status.st_size)
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw MappedFile.unreadable(path)
        }
        bytes = UnsafeRawBufferPointer(start: address, count: size)
    }

    /// A copy of bytes that came from nowhere on disk; `path` names them in messages.
    init(copying contents: [UInt8], path: String) {
        self.path = path
        isMapped = false
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 64)
        copy.copyBytes(from: contents)
        bytes = UnsafeRawBufferPointer(copy)
    }

    deinit {
        if isMapped {
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        } else {
            bytes.deallocate()
        }
    }

    /// Lets the system take back the pages that were read so far; what is read again comes from its cache, or the file.
    func releasePages() {
        guard isMapped else { return }
        madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_DONTNEED)
    }

    private static func unreadable(_ path: String) -> LanguageModelFault {
        .unreadable(path, reason: String(cString: strerror(errno)))
    }
}
