import DuctusTransport
import DuctusTransportZeroMQ
import Foundation

/// A context and a directory of its own for ipc sockets, removed with it.
final class Scene {
    let context: Context
    let directory: URL

    init() throws {
        context = try Context()
        directory = URL(fileURLWithPath: NSTemporaryDirectory()).appending(
            path: "ductus-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func ipc(_ name: String) throws -> Endpoint { try Endpoint("ipc://\(directory.path)/\(name)") }
}

/// What a reactor's handler has seen, for a test that waits until it is enough.
final class Seen: @unchecked Sendable {  // every access holds the condition's lock
    struct Message: Equatable {
        var port: Int
        var frames: [[UInt8]]
        var peer: PeerIdentity
    }

    private let condition = NSCondition()
    private var messages: [Message] = []

    func record(_ port: Int, _ batch: MessageBatch) {
        condition.withLock {
            for index in 0..<batch.count {
                messages.append(Message(port: port, frames: batch.frames(index), peer: batch.peer(index)))
            }
            condition.broadcast()
        }
    }

    /// The messages as soon as there are `count`, or those that came within the time that means failure.
    func wait(for count: Int, seconds: Double = 10) -> [Message] {
        condition.withLock {
            let limit = Date(timeIntervalSinceNow: seconds)
            while messages.count < count, condition.wait(until: limit) {}
            return messages
        }
    }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}
