import DuctusStreaming
import DuctusTransport
import Synchronization

/// Holds each client to its quotas: streams, bytes, corrections. A client is a key of the allow-list, or a user on ipc.
///
/// A client's bytes are shared fairly among its streams (max-min fairness: Bertsekas and Gallager, Data Networks, 1992, section 6.5.2):
/// while all of them are used up, a stream still passes that sends no more than its even part, and the others pay for it. Names cost
/// nothing, so all streams whose packets cannot be read count as one, and so do those that are new: a thousand names of rubbish leave a
/// pen half of its client's bytes. A new stream's first packet is read to see that it is one, and then has a part of its own; what is read
/// in vain is bounded by the client's own quota.
///
/// Any thread may ask. A stream counts until nothing came for it for as long as the daemon itself keeps an idle stream; where a client has
/// as many as it may have, those that have been quiet for `quietStream` give their places to new ones. Clients that have been quiet for a
/// while are forgotten, so memory is bounded by those that are really there.
package final class ClientQuotas: Sendable {
    package typealias Refusal = AccessControl.Refusal

    /// One stream's even part of its client's bytes: what the client's other streams cannot use up.
    fileprivate struct Share {
        var bytes: TokenBucket
        /// The time at which it was last heard of.
        var latest: Int64
        var standing = Standing.new

        enum Standing {
            /// Only its first packet is known.
            case new
            case readable
            /// Its latest packet could not be read: its bytes are those of `Account.unreadable`.
            case unreadable
        }
    }

    fileprivate struct Account {
        var streams: [StreamName: Share] = [:]
        /// Streams whose latest packet could not be read.
        var unreadableStreams = 0
        /// The even part of all streams that are new, or cannot be read.
        var unreadable: TokenBucket
        /// When a packet could not be read.
        var latestUnreadable = Int64.min
        var nextSweep: Int64 = 0
        var bytes: TokenBucket
        /// Long packets that may be read though the bytes are used up, to see whether they are ones.
        var trials: TokenBucket
        var corrections: TokenBucket
        var latest: Int64
    }

    fileprivate struct Contents {
        var limits: Configuration.Quotas
        let idle: Int64
        var accounts: [PeerIdentity: Account] = [:]
    }

    /// Nanoseconds after which a quiet client is forgotten; by then its buckets are full again.
    fileprivate static let memory: Int64 = 300_000_000_000
    fileprivate static let sweepAbove = 1024
    /// Nanoseconds after which a stream's place may go to a new one of its client: nothing is open in it any more.
    fileprivate static let quietStream: Int64 = 10_000_000_000
    /// Nanoseconds for which packets that cannot be read count as a stream: until their part is whole again.
    fileprivate static let unreadableMemory: Int64 = 2_000_000_000

    /// Bytes that a client, and each of its streams, may send at once: the largest message.
    fileprivate static let leastBurst = 2 << 20

    private let contents: Mutex<Contents>
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - idleStream: Seconds after which a stream without a packet counts no more.
    ///   - now: Monotonic nanoseconds.
    package init(_ limits: Configuration.Quotas, idleStream: Double, now: @escaping @Sendable () -> Int64) {
        contents = Mutex(Contents(limits: limits, idle: Int64(idleStream * 1e9)))
        self.now = now
    }

    /// New limits from a reload.
    package func change(to limits: Configuration.Quotas) {
        contents.withLock { contents in
            contents.limits = limits
            for peer in contents.accounts.keys {
                contents.accounts[peer]?.bytes.change(
                    rate: Double(limits.bytesPerSecond), burst: Self.byteBurst(limits))
                contents.accounts[peer]?.trials.change(rate: Double(limits.bytesPerSecond), burst: Self.trialBurst)
                contents.accounts[peer]?.corrections.change(
                    rate: Double(limits.correctionsPerMinute) / 60, burst: Double(limits.correctionsPerMinute))
            }
        }
    }

    /// A packet of `bytes` for `stream` came from `peer`. Nil: within the quota.
    ///
    /// - Parameter isReadable: whether the packet is known to be one. Then a new stream has an even part of its own at once.
    package func admit(
        _ bytes: Int, of stream: StreamName, from peer: PeerIdentity, isReadable: Bool = false
    ) -> Refusal? {
        let time = now()
        return contents.withLock { contents in
            let idle = contents.idle
            return contents.account(peer, time) { account, limits in
                let isKnown = account.streams[stream] != nil
                guard isKnown || account.hasRoom(limits.streams, idleSince: time - idle, now: time) else {
                    return .streams
                }
                return account.pass(Double(bytes), of: stream, isReadable: isReadable, now: time) ? nil : .bytes
            }
        }
    }

    /// The packet of `stream` that was admitted last could not be read.
    package func noteUnreadable(_ stream: StreamName, from peer: PeerIdentity) {
        let time = now()
        contents.withLock { $0.accounts[peer]?.noteUnreadable(stream, now: time) }
    }

    /// Whether nothing readable of this stream came last.
    package func isStranger(_ stream: StreamName, to peer: PeerIdentity) -> Bool {
        contents.withLock {
            $0.accounts[peer]?.streams[stream].map { $0.standing == .unreadable } ?? true
        }
    }

    /// Whether a packet of so many bytes may be read before it is admitted: the client's bytes are used up, and its stream is a stranger.
    package func mayTry(_ bytes: Int, from peer: PeerIdentity) -> Bool {
        let time = now()
        return contents.withLock { contents in
            contents.account(peer, time) { account, _ in
                account.trials.has(Double(bytes), now: time) ? nil : .bytes
            }
        } == nil
    }

    /// A packet of so many bytes was read before it was admitted, and in vain.
    package func noteTrial(_ bytes: Int, from peer: PeerIdentity) {
        let time = now()
        contents.withLock {
            $0.accounts[peer]?.trials.charge(Double(bytes), owing: Self.trialBurst, now: time)
        }
    }

    /// Whether so many bytes from `peer` for `stream` would be within the quota now. Nothing is charged.
    package func hasRoom(for bytes: Int, of stream: StreamName?, from peer: PeerIdentity) -> Bool {
        let time = now()
        return contents.withLock { contents in
            contents.account(peer, time) { account, _ in
                account.hasRoom(for: Double(bytes), of: stream, now: time) ? nil : .bytes
            }
        } == nil
    }

    /// A correction came from `peer`. Nil: within the quota.
    package func admitCorrection(from peer: PeerIdentity) -> Refusal? {
        let time = now()
        return contents.withLock { contents in
            contents.account(peer, time) { account, _ in account.corrections.take(1, now: time) ? nil : .corrections }
        }
    }

    /// Clients that are remembered.
    package var clientCount: Int { contents.withLock { $0.accounts.count } }

    /// Two of the largest messages.
    fileprivate static let trialBurst = Double(2 * leastBurst)

    /// Two seconds' worth, but never less than the largest message.
    fileprivate static func byteBurst(_ limits: Configuration.Quotas) -> Double {
        Double(max(2 * limits.bytesPerSecond, leastBurst))
    }
}

extension ClientQuotas.Account {
    /// Whether one more stream may be counted. Forgets quiet ones; at most once a second, so that a flood of names costs little.
    fileprivate mutating func hasRoom(_ most: Int, idleSince limit: Int64, now: Int64) -> Bool {
        guard streams.count >= most else { return true }
        if now >= nextSweep {
            nextSweep = now + 1_000_000_000
            let limit = max(limit, now - ClientQuotas.quietStream)
            streams = streams.filter { $0.value.latest >= limit }
            unreadableStreams = streams.values.count { $0.standing == .unreadable }
        }
        return streams.count < most
    }

    /// How many even parts there are: one for each stream that can be read, and one for all that cannot.
    private func parts(now: Int64) -> Int {
        let isFlooded = latestUnreadable > now - ClientQuotas.unreadableMemory
        return streams.count - unreadableStreams + (isFlooded || unreadableStreams > 0 ? 1 : 0)
    }

    /// The stream's part as it is now; nil where it has none of its own.
    private func share(of stream: StreamName, isReadable: Bool, now: Int64) -> ClientQuotas.Share? {
        let known = streams[stream]
        let hasPart = known.map { $0.standing != .unreadable } ?? false
        return hasPart || isReadable ? part(of: known, isCounted: hasPart, now: now) : nil
    }

    /// - Parameters:
    ///   - known: what is known of the stream; nil: it is new.
    ///   - isCounted: it is among those that have a part.
    private func part(of known: ClientQuotas.Share?, isCounted: Bool, now: Int64) -> ClientQuotas.Share {
        let count = Double(parts(now: now) + (isCounted ? 0 : 1))
        // However many streams there are, a page of ink may be sent at once.
        let (rate, burst) = (bytes.rate / count, max(bytes.burst / count, Double(ClientQuotas.leastBurst)))
        var share = known ?? ClientQuotas.Share(bytes: TokenBucket(rate: rate, burst: burst, now: now), latest: now)
        share.bytes.change(rate: rate, burst: burst)
        return share
    }

    /// The part of the others.
    private func commonShare(now: Int64) -> TokenBucket {
        let count = Double(parts(now: now) + (latestUnreadable > now - ClientQuotas.unreadableMemory ? 0 : 1))
        var common = unreadable
        common.change(rate: bytes.rate / count, burst: bytes.burst / count)
        return common
    }

    fileprivate mutating func hasRoom(for amount: Double, of stream: StreamName?, now: Int64) -> Bool {
        if bytes.has(amount, now: now) { return true }
        if var own = stream.flatMap({ share(of: $0, isReadable: false, now: now)?.bytes }) {
            return own.has(amount, now: now)
        }
        var common = commonShare(now: now)
        return common.has(amount, now: now) || stream != nil && trials.has(amount, now: now)
    }

    /// Charges the client and the stream's part of it. False, and nothing charged: both are used up.
    fileprivate mutating func pass(_ amount: Double, of stream: StreamName, isReadable: Bool, now: Int64) -> Bool {
        if var share = share(of: stream, isReadable: isReadable, now: now) {
            guard bytes.has(amount, now: now) || share.bytes.has(amount, now: now) else { return false }
            share.bytes.charge(amount, owing: 0, now: now)
            if share.standing == .unreadable { unreadableStreams -= 1 }
            share.latest = now
            share.standing = .readable
            streams[stream] = share
        } else {
            var common = commonShare(now: now)
            guard bytes.has(amount, now: now) || common.has(amount, now: now) else { return false }
            common.charge(amount, owing: 0, now: now)
            unreadable = common
            // Once its first packet is read, its part is that of any other.
            var known = streams[stream] ?? part(of: nil, isCounted: false, now: now)
            if known.standing == .unreadable {
                // Readable, until the next is not.
                unreadableStreams -= 1
                known.standing = .readable
            }
            known.bytes.charge(amount, owing: 0, now: now)
            known.latest = now
            streams[stream] = known
        }
        bytes.charge(amount, owing: bytes.burst, now: now)
        return true
    }

    /// A stream of which nothing was ever read is none; another one keeps its place among the streams.
    fileprivate mutating func noteUnreadable(_ stream: StreamName, now: Int64) {
        latestUnreadable = now
        switch streams[stream]?.standing {
        case .new: streams[stream] = nil
        case .readable:
            streams[stream]?.standing = .unreadable
            unreadableStreams += 1
        case .unreadable, nil: break
        }
    }
}

extension ClientQuotas.Contents {
    fileprivate mutating func account(
        _ peer: PeerIdentity, _ time: Int64,
        _ body: (inout ClientQuotas.Account, Configuration.Quotas) -> ClientQuotas.Refusal?
    ) -> ClientQuotas.Refusal? {
        if accounts[peer] == nil {
            if accounts.count >= ClientQuotas.sweepAbove {
                let quiet = max(ClientQuotas.memory, idle)
                accounts = accounts.filter { time - $0.value.latest < quiet }
            }
            let bytes = TokenBucket(
                rate: Double(limits.bytesPerSecond), burst: ClientQuotas.byteBurst(limits), now: time)
            accounts[peer] = ClientQuotas.Account(
                unreadable: bytes, bytes: bytes,
                trials: TokenBucket(
                    rate: Double(limits.bytesPerSecond), burst: ClientQuotas.trialBurst, now: time),
                corrections: TokenBucket(
                    rate: Double(limits.correctionsPerMinute) / 60, burst: Double(limits.correctionsPerMinute),
                    now: time),
                latest: time)
        }
        accounts[peer]!.latest = time
        return body(&accounts[peer]!, limits)
    }
}
