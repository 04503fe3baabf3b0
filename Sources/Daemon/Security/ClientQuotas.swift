import DuctusStreaming
import DuctusTransport
import Synchronization

/// Holds each client to its quotas: streams, bytes, corrections. A client is a key of the allow-list, or a user on ipc.
///
/// Any thread may ask. A stream counts until nothing came for it for as long as the daemon itself keeps an idle stream; clients that
/// have been quiet for a while are forgotten, so memory is bounded by those that are really there.
package final class ClientQuotas: Sendable {
    package typealias Refusal = AccessControl.Refusal

    fileprivate struct Account {
        /// When each was last heard of.
        var streams: [StreamName: Int64] = [:]
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
                guard account.bytes.take(Double(bytes), now: time) else { return .bytes }
                if account.streams[stream] == nil, account.streams.count >= limits.streams {
                    account.sweep(olderThan: time - idle, now: time)
                    guard account.streams.count < limits.streams else { return .streams }
                }
                account.streams[stream] = time
                return nil
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
    /// Forgets idle streams; at most once a second, so that a flood of names costs little.
    fileprivate mutating func sweep(olderThan limit: Int64, now: Int64) {
        guard now >= nextSweep else { return }
        nextSweep = now + 1_000_000_000
        streams = streams.filter { $0.value >= limit }
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
