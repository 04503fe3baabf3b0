import DuctusDaemon
import DuctusFoundations
import DuctusStreaming
import DuctusTransport
import DuctusWire
import Foundation
import Synchronization
import Testing

@Suite struct EventPublisherTests {
    private final class Kept: MessageSink {
        let messages = Mutex<[Publication]>([])

        func send(_ message: Publication, matters: Bool) -> Bool {
            messages.withLock { $0.append(message) }
            return matters
        }
    }

    @Test func numbersCountFromOneInTheOrderOfTheSink() throws {
        let sink = Kept()
        let publisher = EventPublisher(to: sink, clock: SystemClock())
        DispatchQueue.concurrentPerform(iterations: 100) { _ in publisher.publish(.reload(.init())) }
        let messages = sink.messages.withLock { $0 }
        #expect(messages.allSatisfy { $0.topic == Topic.events.wire })
        let events = try messages.map { try WireDaemonEvent(wire: $0.payload) }
        #expect(events.map(\.number) == Array(1...100))
        #expect(Set(events.map(\.epoch)).count == 1)
    }

    /// What is published before a transport listens reaches nobody, and harms nothing.
    @Test func transportsTakeEventsBeforeTheyStart() throws {
        let folder = try TemporaryFolder()
        let loaded = try ConfigurationLoader(
            path: folder.write("ductus.yaml", "directories: {runtime: \"\(folder.path)\"}\n"),
            environment: folder.environment
        ).load()
        let transports = try TransportSet(loaded, and: [MemoryTransport()])
        EventPublisher(to: transports, clock: SystemClock()).publish(.reload(.init()))
        #expect(transports.send(Publication([1], [2]), matters: false))
    }
}
