import DuctusAdaptation
import DuctusDaemon
import DuctusInk
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import StreamingTestSupport
import Testing

/// A daemon that is started again and again on the same state and killed each time, and what it has acknowledged.
final class CrashSite {
    /// Where the daemon is when it is killed, in an order in which what one phase leaves to be learned does not keep the next one waiting.
    enum Phase: String, CaseIterable {
        /// Files of a new generation were on disk, and the event that tells of it was not out.
        case promotion
        /// The learner was at work, and nothing of its result on disk.
        case training
        /// A correction was sent and not answered yet.
        case correction
    }

    /// The texts by the numbers of the corrections that were acknowledged.
    private(set) var acknowledged: [UInt64: String] = [:]
    /// Daemons so far.
    private(set) var lives = 0

    private let folder: ScratchFolder
    private let model: URL
    private let base: BaseModel
    private let pen = SimulatedPen(writer: Writer(seed: 14, hand: .joined))
    private var delays: [Phase: Delay]
    /// Generations that serve, as the last look at the disk found them.
    private var serving: [Scope: UInt64] = [:]

    private static let texts = [
        "full of boats", "ten of them", "had no name", "the old lamp", "the grey wall", "in her book",
    ]

    /// - Parameters:
    ///   - model: nil: a small one.
    ///   - training: how long a training takes, seconds, about.
    init(model: URL?, training: Double) throws {
        folder = try ScratchFolder()
        self.model = model ?? folder.url.appending(path: "quiet.safetensors")
        if model == nil { try Self.quiet().weightFile().write(to: self.model) }
        base = BaseModel(try Model(contentsOf: self.model))
        delays = [
            .correction: Delay(longest: 0.04), .training: Delay(longest: training), .promotion: Delay(longest: 0.02),
        ]
    }

    /// A small network that mostly reads nothing: every text is plausible, and every training makes it likelier.
    private static func quiet() throws -> Model {
        let architecture = Architecture(
            input: 9,
            layers: [
                .convolution1D(.init(in: 9, out: 32, kernel: 4, stride: 2, activation: .silu)),
                .recurrent(.init(cell: .lstm, in: 32, hidden: 96)),
                .linear(.init(in: 192, out: 96)),
                .logSoftmax,
            ])
        var parameters = try Network(architecture: architecture, seed: 1).parameters
        let output = try #require(ParameterLayout(architecture).tensors.last { !$0.isWeight })
        parameters[output.offset] = 4
        return Model(
            name: "quiet", network: try Network(architecture: architecture, parameters: parameters),
            input: .ink(FeatureConfiguration()),
            alphabet: .printableASCII, standardization: .identity(9))
    }

    private var learning: URL { folder.url.appending(path: "state/learning/ink") }

    // MARK: Lives

    /// One life of the daemon: it reads a few lines of a writer, and is at hand for corrections.
    private struct Life {
        var daemon: DaemonUnderTest
        var client: ControlClient
        var finals: [LabelEvent]

        func kill() { _ = daemon.end(with: SIGKILL) }
    }

    private func begin(as writer: String) throws -> Life {
        lives += 1
        let daemon = try DaemonUnderTest(
            model: model,
            settings: [
                "directories.state=\(folder.url.path)/state", "adaptation.corrections_per_writer_minute=10000",
                "quotas.corrections_per_minute=100000",
            ])
        let listener = try Listener(daemon)
        var recording = InkRecording(stream: .named("desk"))
        try recording.send(.hello(StreamHello(writer: writer)), at: 0)
        for (index, text) in Self.texts.enumerated() {
            try recording.write(
                try pen.strokes(of: text, seed: UInt64(lives * 100 + index), start: recording.time + 500_000))
            try recording.send(.endOfSegment)
        }
        try Player(daemon).play(recording.records)
        let areAllThere = try listener.listen { $0.finals.count >= Self.texts.count }
        try #require(areAllThere, "\(listener.finals.map { ($0.segment, $0.gaps) })")
        try checkWhatServes(daemon)
        return Life(
            daemon: daemon, client: ControlClient(context: daemon.context, endpoint: try daemon.endpoint("control")),
            finals: listener.finals)
    }

    /// The daemon serves what was found on disk, or what it has promoted since; one generation of each scope.
    private func checkWhatServes(_ daemon: DaemonUnderTest) throws {
        guard case .listModels(let list) = try daemon.ask(.listModels(.init())) else { throw CrashFault.reply }
        var inUse: [Scope: UInt64] = [:]
        for record in list.generations where record.inUse && record.generation.number > 0 {
            let scope = Scope(record.generation.writer.isEmpty ? nil : record.generation.writer)
            #expect(
                inUse.updateValue(record.generation.number, forKey: scope) == nil, "\(scope) has two generations in use"
            )
        }
        for (scope, number) in serving { #expect(inUse[scope] ?? 0 >= number, "\(scope)") }
    }

    /// Says what a line says, in two versions by turns, so that each time something is written.
    private func correct(_ life: Life, _ round: Int, milliseconds: Int = 20_000) throws {
        let place = round % Self.texts.count
        let text = Self.texts[place] + (round / Self.texts.count % 2 == 0 ? "" : ".")
        let request = WireCorrectRequest.with {
            ($0.stream, $0.segment, $0.text) = ("desk", life.finals[place].segment, text)
        }
        let reply = try WireControlReply(
            wire: life.client.request(WireControlRequest(id: 1, .correct(request)).wire(), milliseconds: milliseconds))
        // A refusal of an implausible text is an answer, too, and promises nothing.
        if case .correct(let taken)? = try? reply.answer() { acknowledged[taken.correction] = text }
    }

    // MARK: Kills

    /// Lets a daemon come to a phase and kills it there. False: it was past it, or had not reached it.
    func kill(in phase: Phase, _ random: inout SplitMix64) throws -> Bool {
        let delay = delays[phase]?.drawn(&random) ?? 0
        let isHit: Bool
        switch phase {
        case .correction: isHit = try killWhileCorrecting(after: delay)
        case .training: isHit = try killWhileTraining(after: delay)
        case .promotion: isHit = try killWhilePromoting(after: delay)
        }
        delays[phase]?.adjust(isHit: isHit)
        return isHit
    }

    private func killWhileCorrecting(after delay: Double) throws -> Bool {
        let life = try begin(as: "corrector")
        let pid = life.daemon.process.processIdentifier
        Thread {
            Thread.sleep(forTimeInterval: delay)
            Glibc.kill(pid, SIGKILL)
        }.start()
        defer { life.kill() }
        for round in 0..<2000 {
            // Who is dead does not answer; who is slow and killed a moment later counts as well.
            do { try correct(life, round, milliseconds: 1000) } catch { return true }
        }
        return false
    }

    private func killWhileTraining(after delay: Double) throws -> Bool {
        let life = try begin(as: "trainee")
        let learner = LearnerThread(of: life.daemon)
        let known = generationFiles
        for round in Self.texts.indices { try correct(life, round) }
        let isAtWork = wait(seconds: 2) { learner.isAtWork }
        Thread.sleep(forTimeInterval: delay)
        let isHit = isAtWork && learner.isAtWork && generationFiles == known
        life.kill()
        return isHit
    }

    private func killWhilePromoting(after delay: Double) throws -> Bool {
        // Who has learned nothing yet: what is trained is better than what serves.
        let life = try begin(as: "writer-\(lives)")
        let events = try Subscriber(context: life.daemon.context, endpoint: life.daemon.endpoint("labels"))
        try events.subscribe(Array(Topic.events.description.utf8))
        try events.waitUntilSubscribed(milliseconds: 20_000)
        let known = generationFiles
        for round in Self.texts.indices { try correct(life, round) }
        let isPromoting = wait(seconds: 60) { !generationFiles.isSubset(of: known) }
        Thread.sleep(forTimeInterval: delay)
        life.kill()
        while let frames = try events.receive(milliseconds: 50) {
            if frames.count == 2, case .promotion? = try? WireDaemonEvent(wire: frames[1]).body { return false }
        }
        return isPromoting
    }

    /// Looks again and again until it is so. False: it took too long.
    private func wait(seconds: Double, until isSo: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !isSo() {
            guard ContinuousClock.now < deadline else { return false }
            usleep(200)
        }
        return true
    }

    /// All files of everyone's and of writers' generations, half-written ones among them.
    private var generationFiles: Set<String> {
        let names = { (folder: URL) in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] }
        let writers = learning.appending(path: "generations/writers")
        let shared = names(learning.appending(path: "generations/shared"))
        return Set(
            shared
                + names(writers).flatMap { writer in names(writers.appending(path: writer)).map { "\(writer)/\($0)" } })
    }

    // MARK: Afterwards

    /// Looks at what a killed daemon left, as the next one will find it: in a copy, which opening it may mend.
    func inspect() throws {
        let copy = try ScratchFolder()
        try FileManager.default.copyItem(at: learning, to: copy.url.appending(path: "ink"))
        try check(copy.url.appending(path: "ink"))
    }

    /// Starts a last daemon, ends it in order, and looks at what it leaves.
    func close() throws {
        let life = try begin(as: "last")
        #expect(life.daemon.end(with: SIGTERM) == 0)
        try check(learning)
    }

    private func check(_ folder: URL) throws {
        let entries = try SQLiteJournal(at: folder.appending(path: "journal.sqlite")).entries(limit: .max)
        let texts = Dictionary(grouping: entries, by: \.number).mapValues { $0.map(\.correction.text) }
        for (number, text) in acknowledged { #expect(texts[number] == [text], "correction \(number) was acknowledged") }
        let places = Set(entries.map { "\($0.correction.stream)/\($0.correction.segment)/\($0.correction.text)" })
        #expect(places.count == entries.count, "a correction is there twice")

        let archive = FileArchive(folder: folder.appending(path: "generations"), keeping: 8)
        for scope in [Scope.shared] + (try archive.writers().map(Scope.writer)) {
            let name = GenerationName(writer: scope.writer, number: try archive.current(of: scope))
            serving[scope] = name.number
            guard name.number > 0 else { continue }
            let isWhole = try archive.model(of: name, over: base).network.parameters.allSatisfy(\.isFinite)
            #expect(isWhole, "\(name)")
            let used = try archive.record(of: name).corrections
            #expect(Set(used).count == used.count, "\(name) was trained on a correction twice")
        }
    }
}

/// How long after the begin of a phase the daemon is killed: shorter where it was past the phase, so that a slow disk or a busy machine
/// makes no difference.
private struct Delay {
    /// Seconds.
    private var longest: Double

    init(longest: Double) { self.longest = longest }

    func drawn(_ random: inout SplitMix64) -> Double { longest * Double(random.uniform()) }

    mutating func adjust(isHit: Bool) { longest *= isHit ? 1.1 : 0.6 }
}

/// The daemon's learner and what helps it, seen from outside: the threads that have stepped back.
private struct LearnerThread {
    private static let niceness = "\(Configuration.AdaptationSettings().niceness)"
    private let tasks: String

    init(of daemon: DaemonUnderTest) { tasks = "/proc/\(daemon.process.processIdentifier)/task" }

    /// It runs, or would if a processor were free.
    var isAtWork: Bool {
        ((try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []).contains { task in
            guard let stat = try? String(contentsOfFile: "\(tasks)/\(task)/stat", encoding: .utf8),
                let end = stat.lastIndex(of: ")")
            else { return false }
            // proc(5): behind the name come the state and, as the 17th, the niceness.
            let fields = stat[stat.index(after: end)...].split(separator: " ")
            return fields.count > 16 && fields[0] == "R" && fields[16] == Self.niceness
        }
    }
}

/// A folder that is gone when nobody needs it any more.
private final class ScratchFolder {
    let url = FileManager.default.temporaryDirectory.appending(path: "ductus-crash-\(UUID().uuidString.prefix(8))")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }
}

private enum CrashFault: Error { case reply }
