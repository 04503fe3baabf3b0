import Adaptation
import Foundation
import Ink
import Randomness
import Recognition
import Streaming
import StreamingTestSupport
import Synchronization
import Testing
import Transport
import Wire

/// `kill -9` of the real daemon at random instants while it takes corrections, trains and promotes.
///
/// After each restart every correction that was acknowledged is in the journal, once, and what serves is whole. It takes minutes, so
/// it runs only where `DUCTUS_CRASH_HITS` says how often each phase is to be hit.
@Suite struct CrashTests {
    /// Where the daemon was when it was killed.
    private enum Phase: String, CaseIterable {
        /// A correction was sent and not answered yet.
        case correction
        /// The learner's thread was at work, and nothing of its result on disk.
        case training
        /// Files of a new generation were on disk, and the event that tells of it was not out.
        case promotion
    }

    private static let hits = ProcessInfo.processInfo.environment["DUCTUS_CRASH_HITS"].flatMap(Int.init)

    @Test(.enabled(if: hits != nil && FixtureFolder.model != nil, "takes minutes: set DUCTUS_CRASH_HITS"))
    func nothingAcknowledgedIsLost_andWhatServesIsWhole() throws {
        let (hits, site) = (try #require(Self.hits), CrashSite(model: try #require(FixtureFolder.model)))
        var counts: [Phase: Int] = [:]
        var random = SplitMix64(seed: UInt64(Date().timeIntervalSince1970))
        var attempts = 0
        for phase in Phase.allCases {
            while counts[phase, default: 0] < hits {
                attempts += 1
                try #require(attempts <= 40 * hits, "the daemon is not hit in phase \(phase): \(counts)")
                let hit: Bool
                switch phase {
                case .correction: hit = try site.killWhileCorrecting(&random)
                case .training: hit = try site.killWhileTraining(&random)
                case .promotion: hit = try site.killWhilePromoting(&random)
                }
                try site.inspect()
                if hit { counts[phase, default: 0] += 1 }
            }
        }
        let list = Phase.allCases.map { "\($0) \(counts[$0, default: 0])" }.joined(separator: ", ")
        print("kill -9, hits by phase: \(list); \(attempts) kills, \(site.acknowledged.count) corrections acknowledged, none lost")
    }
}

/// A daemon that is started again and again on the same state, and what it has acknowledged.
private final class CrashSite {
    private let model: URL
    private let state = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString.prefix(8))")
    private let pen = SimulatedPen(writer: Writer(seed: 14, hand: .joined))
    private(set) var acknowledged: [UInt64: String] = [:]
    private var lives = 0

    private static let texts = ["full of boats", "ten of them", "had no name", "the old lamp", "the grey wall", "in her book"]

    init(model: URL) {
        self.model = model
    }

    deinit { try? FileManager.default.removeItem(at: state) }

    private var learning: URL { state.appending(path: "learning/ink") }
    /// Each life has a writer of its own, who has learned nothing yet: what is trained then is better than what serves.
    private var writer: String { "writer-\(lives)" }
    private var generations: URL { learning.appending(path: "generations/writers/\(writer)") }

    /// A daemon that has read a few lines of a new writer.
    private func begin() throws -> (daemon: DaemonUnderTest, finals: [LabelEvent]) {
        lives += 1
        let daemon = try DaemonUnderTest(
            model: model,
            settings: [
                "directories.state=\(state.path)", "adaptation.corrections_per_writer_minute=10000",
                "quotas.corrections_per_minute=100000",
            ])
        let listener = try Listener(daemon)
        var recording = InkRecording(stream: .named("desk"))
        try recording.send(.hello(StreamHello(writer: writer)), at: 0)
        for (index, text) in Self.texts.enumerated() {
            let strokes = try pen.strokes(of: text, seed: UInt64(lives * 100 + index), start: recording.time + 500_000)
            try recording.write(strokes)
            try recording.send(.endOfSegment)
        }
        try Player(daemon).play(recording.records)
        try #require(try listener.listen { $0.finals.count >= Self.texts.count })
        return (daemon, listener.finals)
    }

    /// Sends what a line says, in two versions by turns, so that each time something is written.
    private func correct(
        _ final: LabelEvent, round: Int, _ client: ControlClient, milliseconds: Int = 20_000
    ) throws -> UInt64? {
        let text = Self.texts[round % Self.texts.count] + (round / Self.texts.count % 2 == 0 ? "" : ".")
        let request = WireCorrectRequest.with { ($0.stream, $0.segment, $0.text) = ("desk", final.segment, text) }
        let reply = try WireControlReply(
            wire: client.request(WireControlRequest(id: 1, .correct(request)).wire(), milliseconds: milliseconds))
        // A refusal of an implausible text is an answer, too, and promises nothing.
        guard case .correct(let taken)? = try? reply.answer() else { return nil }
        acknowledged[taken.correction] = text
        return taken.correction
    }

    private func kill(_ daemon: DaemonUnderTest) { _ = daemon.end(with: SIGKILL) }

    // MARK: Phases

    /// Kills while corrections are under way, one after the other. True if one of them had no answer.
    func killWhileCorrecting(_ random: inout SplitMix64) throws -> Bool {
        let (daemon, finals) = try begin()
        let client = ControlClient(context: daemon.context, endpoint: try daemon.endpoint("control"))
        let (pid, delay) = (daemon.process.processIdentifier, useconds_t(random.next() % 40_000))
        let killer = Thread {
            usleep(delay)
            Glibc.kill(pid, SIGKILL)
        }
        killer.start()
        var isUnanswered = false
        for round in 0..<2000 where !isUnanswered {
            // Who is dead does not answer; who is slow and killed a moment later counts as well.
            do { _ = try correct(finals[round % finals.count], round: round, client, milliseconds: 1000) } catch { isUnanswered = true }
        }
        kill(daemon)
        return isUnanswered
    }

    /// Kills at a random instant of a training. True if the learner's thread was at work and had written nothing.
    func killWhileTraining(_ random: inout SplitMix64) throws -> Bool {
        let (daemon, finals) = try begin()
        let client = ControlClient(context: daemon.context, endpoint: try daemon.endpoint("control"))
        let before = processorTime(ofThread: "learner", daemon)
        for (round, final) in finals.enumerated() { _ = try correct(final, round: round, client) }
        // Until it is at work, and then for a moment of what its work may take.
        let deadline = ContinuousClock.now + .seconds(20)
        while processorTime(ofThread: "learner", daemon) == before, ContinuousClock.now < deadline {}
        usleep(useconds_t(random.next() % 3_000_000))
        let files = try names(in: generations)
        let isAtWork = state(ofThread: "learner", daemon) == "R" && processorTime(ofThread: "learner", daemon) > before
        kill(daemon)
        return try isAtWork && names(in: generations) == files
    }

    /// Kills as soon as a file of a new generation appears, or a moment later. True if the promotion was not told yet.
    func killWhilePromoting(_ random: inout SplitMix64) throws -> Bool {
        let (daemon, finals) = try begin()
        let events = try Subscriber(context: daemon.context, endpoint: daemon.endpoint("labels"))
        try events.subscribe(Array(Topic.events.description.utf8))
        try events.waitUntilSubscribed(milliseconds: 20_000)
        let client = ControlClient(context: daemon.context, endpoint: try daemon.endpoint("control"))
        let known = try names(in: generations)
        for (round, final) in finals.enumerated() { _ = try correct(final, round: round, client) }
        let deadline = ContinuousClock.now + .seconds(20)
        while try names(in: generations).subtracting(known).isEmpty {
            guard ContinuousClock.now < deadline else {
                kill(daemon)
                return false
            }
        }
        usleep(useconds_t(random.next() % 8_000))
        kill(daemon)
        while let frames = try events.receive(milliseconds: 50) {
            if frames.count == 2, case .promotion? = try? WireDaemonEvent(wire: frames[1]).body { return false }
        }
        return true
    }

    // MARK: Afterwards

    /// Starts the daemon again, and looks at what is there.
    func inspect() throws {
        do {
            let (daemon, _) = try begin()
            let reply = try daemon.ask(.listModels(.with { $0.writer = writer }))
            guard case .listModels(let list) = reply else { throw CrashFault.reply }
            #expect(list.generations.count { $0.inUse } <= 1)
            #expect(daemon.end(with: SIGTERM) == 0)
        }
        let journal = try Journal(at: learning.appending(path: "journal.sqlite"))
        var kept: [UInt64: String] = [:]
        for entry in try journal.entries(limit: .max) {
            #expect(kept.updateValue(entry.correction.text, forKey: entry.number) == nil)
        }
        for (number, text) in acknowledged { #expect(kept[number] == text, "correction \(number) was acknowledged") }
        let store = try GenerationStore(folder: learning.appending(path: "generations"), keeping: 8)
        let base = BaseModel(try Model(contentsOf: model))
        for scope in [Scope.shared] + store.writers().map(Scope.writer) where store.current(of: scope) > 0 {
            let name = GenerationName(writer: scope.writer, number: store.current(of: scope))
            let weights = try store.model(of: name, over: base).network.parameters
            let isWhole = weights.allSatisfy { $0.isFinite }
            #expect(isWhole, "\(name)")
        }
    }

    private func names(in folder: URL) throws -> Set<String> {
        Set((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    }

    // MARK: The learner's thread

    private func fields(ofThread name: String, _ daemon: DaemonUnderTest) -> [Substring] {
        let tasks = "/proc/\(daemon.process.processIdentifier)/task"
        for task in (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? [] {
            guard let stat = try? String(contentsOfFile: "\(tasks)/\(task)/stat", encoding: .utf8), stat.contains("(\(name))"),
                let end = stat.lastIndex(of: ")")
            else { continue }
            return stat[stat.index(after: end)...].split(separator: " ")
        }
        return []
    }

    private func state(ofThread name: String, _ daemon: DaemonUnderTest) -> String {
        fields(ofThread: name, daemon).first.map(String.init) ?? ""
    }

    private func processorTime(ofThread name: String, _ daemon: DaemonUnderTest) -> Int {
        let fields = fields(ofThread: name, daemon)
        return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
    }
}

private enum CrashFault: Error { case reply }
