import CDuctusZeroMQ

/// The options of a socket. The defaults are bounded in every direction: nothing queues or waits without limit.
package struct SocketOptions: Sendable {
    /// Messages kept for a peer that does not take them, and from a peer before we take them.
    package var sendHighWater = 10_000
    package var receiveHighWater = 10_000
    /// Milliseconds for which closing waits until queued messages have left.
    package var linger = 0
    /// Bytes of the largest frame accepted; a peer that sends more is disconnected.
    package var maximumFrame = 1 << 20
    /// Milliseconds; nil waits for ever.
    package var sendTimeout: Int?
    /// Milliseconds between pings of an idle connection, so that a dead peer is noticed; 0 sends none.
    package var heartbeat = 0
    /// Connecting side: forget the peer, its subscriptions and what is queued for it when the connection breaks.
    package var forgetsLostPeer = false
    /// XPUB: hand on every subscription, not only the first of each prefix.
    package var everySubscription = false
    /// XPUB: a subscription is in force once it is confirmed.
    package var confirmsSubscriptions = false
    /// XPUB: a full queue makes `send` wait instead of losing the message.
    package var waitsWhenFull = false
    package var security = Security.none
    /// Access rights of the file of an ipc socket that is bound.
    package var permissions: UInt32?

    package init() {}

    /// Who may connect, and how both sides know.
    package enum Security: Sendable {
        case none
        /// Asks the authenticator about each peer of an unencrypted socket (ipc: by its user).
        case asking(domain: String)
        /// CURVE, this side holds the secret key that clients know the public half of.
        case server(secretKey: CurveKey, domain: String)
        case client(serverKey: CurveKey, keys: CurveKeyPair)

        /// Milliseconds between pings, for the side that listens: on a network the other end may be gone without a word.
        var heartbeat: Int { if case .server = self { 30_000 } else { 0 } }
    }
}

extension Socket {
    func apply(_ options: SocketOptions) throws(TransportFault) {
        try set("the send queue's length", ZMQ_SNDHWM, options.sendHighWater)
        try set("the receive queue's length", ZMQ_RCVHWM, options.receiveHighWater)
        try set("the linger time", ZMQ_LINGER, options.linger)
        try set("the send timeout", ZMQ_SNDTIMEO, options.sendTimeout ?? -1)
        try set("the heartbeat", ZMQ_HEARTBEAT_IVL, options.heartbeat)
        try set("the handshake's time", ZMQ_HANDSHAKE_IVL, 5_000)
        try set("forgetting lost peers", ZMQ_IMMEDIATE, options.forgetsLostPeer ? 1 : 0)
        try set("the pause before reconnecting", ZMQ_RECONNECT_IVL, 50)
        try set("the longest pause before reconnecting", ZMQ_RECONNECT_IVL_MAX, 1_000)
        try set("the largest message", ZMQ_MAXMSGSIZE, bytesOf: Int64(options.maximumFrame))
        if kind == .router { try set("telling of replies that cannot be sent", ZMQ_ROUTER_MANDATORY, 1) }
        if kind == .xpub {
            if options.confirmsSubscriptions { try set("confirming subscriptions", ZMQ_XPUB_MANUAL, 1) }
            if options.everySubscription { try set("verbose subscriptions", ZMQ_XPUB_VERBOSE, 1) }
            if options.waitsWhenFull { try set("waiting when full", ZMQ_XPUB_NODROP, 1) }
        }
        switch options.security {
        case .none: break
        case .asking(let domain):
            try set("the authentication domain", ZMQ_ZAP_DOMAIN, text: domain)
        case .server(let secretKey, let domain):
            try set("the authentication domain", ZMQ_ZAP_DOMAIN, text: domain)
            try set("the CURVE server role", ZMQ_CURVE_SERVER, 1)
            try set("the secret key", ZMQ_CURVE_SECRETKEY, text: secretKey.text)
        case .client(let serverKey, let keys):
            try set("the server's key", ZMQ_CURVE_SERVERKEY, text: serverKey.text)
            try set("the public key", ZMQ_CURVE_PUBLICKEY, text: keys.publicKey.text)
            try set("the secret key", ZMQ_CURVE_SECRETKEY, text: keys.secretKey.text)
        }
    }

    private func set(_ name: String, _ option: Int32, _ value: Int) throws(TransportFault) {
        try set(name, option, bytesOf: Int32(clamping: value))
    }

    func set(_ name: String, _ option: Int32, bytesOf value: some BitwiseCopyable) throws(TransportFault) {
        let status = withUnsafeBytes(of: value) { zmq_setsockopt(handle, option, $0.baseAddress, $0.count) }
        guard status == 0 else { throw .option(name, of: kind, code: zmq_errno()) }
    }

    private func set(_ name: String, _ option: Int32, text: String) throws(TransportFault) {
        let status = text.withCString { zmq_setsockopt(handle, option, $0, text.utf8.count) }
        guard status == 0 else { throw .option(name, of: kind, code: zmq_errno()) }
    }
}
