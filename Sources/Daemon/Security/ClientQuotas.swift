import DuctusStreaming
import DuctusTransport
import Synchronization

/// Holds each client to its quotas: streams, bytes, corrections. A client is a key of the allow-list, or a user on ipc.
///
/// A client's bytes are shared fairly among its streams (max-min fairness: Bertsekas and Gallager, Data Networks, 1992, section 6.5.2):
/// while all of them are used up, a stream still passes that sends no more than its even part, and the others pay for it.
///
/// Any thread may ask. A stream counts until nothing came for it for as long as the daemon itself keeps an idle stream; clients that
/// have been quiet for a while are forgotten, so memory is bounded by those that are really there.
package final class ClientQuotas: Sendable {
    package typealias Refusal = AccessControl.Refusal

    /// One stream's even part of its client's bytes: what the client's other streams cannot use up.
    fileprivate struct Share {
        var bytes: TokenBucket
        /// The time at which it was last heard of.
        var latest: Int64
    }

    fileprivate struct Account {
        var streams: [StreamName: Share] = [:]
        var nextSweep: Int64 = 0
        var bytes: TokenBucket
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
                contents.accounts[peer]?.corrections.change(
                    rate: Double(limits.correctionsPerMinute) / 60, burst: Double(limits.correctionsPerMinute))
            }
        }
    }

    /// A packet of `bytes` for `stream` came from `peer`. Nil: within the quota.
    package func admit(_ bytes: Int, of stream: StreamName, from peer: PeerIdentity) -> Refusal? {
        let time = now()
        return contents.withLock { contents in
            let idle = contents.idle
            return contents.account(peer, time) { account, limits in
                let isKnown = account.streams[stream] != nil
                guard isKnown || account.hasRoom(limits.streams, idleSince: time - idle, now: time) else {
                    return .streams
                }
                return account.pass(Double(bytes), of: stream, now: time) ? nil : .bytes
            }
        }
    }

    /// Whether so many bytes from `peer` would be within the quota now. Nothing is charged.
    package func hasRoom(for bytes: Int, from peer: PeerIdentity) -> Bool {
        let time = now()
        return contents.withLock { contents in
            contents.account(peer, time) { account, _ in account.bytes.has(Double(bytes), now: time) ? nil : .bytes }
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

    /// Two seconds' worth, but never less than the largest message.
    fileprivate static func byteBurst(_ limits: Configuration.Quotas) -> Double {
        Double(max(2 * limits.bytesPerSecond, 2 << 20))
    }
}

extension ClientQuotas.Account {
    /// Whether one more stream may be counted. Forgets idle ones; at most once a second, so that a flood of names costs little.
    fileprivate mutating func hasRoom(_ most: Int, idleSince limit: Int64, now: Int64) -> Bool {
        guard streams.count >= most else { return true }
        if now >= nextSweep {
            nextSweep = now + 1_000_000_000
            streams = streams.filter { $0.value.latest >= limit }
        }
        return streams.count < most
    }

    /// Charges the client and the stream's part of it. False, and nothing charged: both are used up.
    fileprivate mutating func pass(_ amount: Double, of stream: StreamName, now: Int64) -> Bool {
        let count = Double(streams[stream] == nil ? streams.count + 1 : streams.count)
        let (rate, burst) = (bytes.rate / count, bytes.burst / count)
        var share =
            streams[stream] ?? ClientQuotas.Share(bytes: TokenBucket(rate: rate, burst: burst, now: now), latest: now)
        share.bytes.change(rate: rate, burst: burst)
        guard bytes.has(amount, now: now) || share.bytes.has(amount, now: now) else { return false }
        bytes.charge(amount, owing: bytes.burst, now: now)
        share.bytes.charge(amount, owing: 0, now: now)
        share.latest = now
        streams[stream] = share
        return true
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
            accounts[peer] = ClientQuotas.Account(
                bytes: TokenBucket(
                    rate: Double(limits.bytesPerSecond), burst: ClientQuotas.byteBurst(limits), now: time),
                corrections: TokenBucket(
                    rate: Double(limits.correctionsPerMinute) / 60, burst: Double(limits.correctionsPerMinute),
                    now: time),
                latest: time)
        }
        accounts[peer]!.latest = time
        return body(&accounts[peer]!, limits)
    }
}
