import CDuctusZeroMQ
import DuctusTransportZeroMQ

/// A subscriber that says upstream whatever it likes, in whatever order (XSUB), and reads only when it wants to.
final class HostileSubscriber {
    private let context: UnsafeMutableRawPointer
    private let socket: UnsafeMutableRawPointer

    init(_ endpoint: Endpoint, serverKey: CurveKey? = nil, keys: CurveKeyPair? = nil, receives: Int32 = 0) throws {
        context = zmq_ctx_new()
        socket = zmq_socket(context, ZMQ_XSUB)
        for (option, value) in [(ZMQ_LINGER, 0), (ZMQ_SNDHWM, 0), (ZMQ_RCVHWM, receives)] {
            var value = value
            zmq_setsockopt(socket, option, &value, MemoryLayout<Int32>.size)
        }
        if let serverKey, let keys {
            for (option, key) in [
                (ZMQ_CURVE_SERVERKEY, serverKey), (ZMQ_CURVE_PUBLICKEY, keys.publicKey),
                (ZMQ_CURVE_SECRETKEY, keys.secretKey),
            ] { zmq_setsockopt(socket, option, key.text, key.text.utf8.count) }
        }
        guard zmq_connect(socket, endpoint.description) == 0 else {
            throw TransportFault.connect(endpoint.description, code: zmq_errno())
        }
    }

    deinit {
        zmq_close(socket)
        zmq_ctx_term(context)
    }

    func say(_ frames: [UInt8]...) {
        for (index, frame) in frames.enumerated() {
            let flags = ZMQ_DONTWAIT | (index + 1 < frames.count ? ZMQ_SNDMORE : 0)
            zmq_send(socket, frame, frame.count, flags)
        }
    }

    func subscribe(_ prefix: String) { say([1] + Array(prefix.utf8)) }
    func unsubscribe(_ prefix: String) { say([0] + Array(prefix.utf8)) }

    /// The topics of everything that comes until nothing comes for so long.
    func topics(quiet milliseconds: Int) -> [String] {
        var topics: [String] = []
        while let frames = receive(milliseconds: milliseconds) {
            topics.append(String(decoding: frames.first ?? [], as: UTF8.self))
        }
        return topics
    }

    func receive(milliseconds: Int) -> [[UInt8]]? {
        var item = zmq_pollitem_t(socket: socket, fd: -1, events: Int16(ZMQ_POLLIN), revents: 0)
        guard zmq_poll(&item, 1, milliseconds) > 0 else { return nil }
        var frames: [[UInt8]] = []
        var message = zmq_msg_t()
        repeat {
            zmq_msg_init(&message)
            guard zmq_msg_recv(&message, socket, 0) >= 0 else { return nil }
            frames.append(
                Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
        } while zmq_msg_more(&message) != 0
        zmq_msg_close(&message)
        return frames
    }
}
