import DuctusAdaptation
import DuctusStreaming
import DuctusTransport
import DuctusWire

/// Answers what concerns learning: corrections, generations, the journal.
package struct LearningHandler: ControlHandler {
    private let learning: Learning
    private let access: AccessControl?

    /// - Parameter access: Says who may correct whose writing; without it everybody may.
    package init(learning: Learning, access: AccessControl? = nil) {
        self.learning = learning
        self.access = access
    }

    package func handle(
        _ request: WireControlRequest, from peer: PeerIdentity, reply: @escaping @Sendable (WireControlReply) -> Void
    ) -> Bool {
        switch request.body {
        case .correct, .listModels, .showModel, .rollbackModel, .exportJournal, .eraseJournal, .listWords, .forgetWords:
            break
        default: return false
        }
        // The disk takes longer than the sockets' thread may be held up.
        learning.queue.async {
            do throws(ControlFailure) {
                reply(WireControlReply(id: request.id, try answer(request.body, for: peer)))
            } catch {
                reply(WireControlReply(id: request.id, failure: error))
            }
        }
        return true
    }

    private func answer(
        _ body: WireControlRequest.OneOf_Body?, for peer: PeerIdentity
    ) throws(ControlFailure) -> WireControlReply.OneOf_Body {
        do {
            switch body {
            case .correct(let request):
                return .correct(
                    try learning.correct(request) { access?.admit(correctionOf: $0, from: peer) == nil })
            case .listModels(let request): return .listModels(try list(request.writer))
            case .showModel(let request): return .showModel(try show(request))
            case .rollbackModel(let request): return .rollbackModel(try rollback(request))
            case .exportJournal(let request): return .exportJournal(try export(request))
            case .eraseJournal(let request): return .eraseJournal(try erase(request))
            case .listWords(let request): return .listWords(try list(request))
            case .forgetWords(let request): return .forgetWords(try forget(request))
            default: throw ControlFailure(.unknownRequest, "not a request about learning")
            }
        } catch let failure as ControlFailure {
            throw failure
        } catch let error as GenerationError {
            if case .unknown = error { throw ControlFailure(.unknownGeneration, "\(error)") }
            throw ControlFailure(.unavailable, "\(error)")
        } catch {
            throw ControlFailure(.unavailable, "\(error)")
        }
    }

    // MARK: Generations

    private func list(_ writer: String) throws -> WireListModelsReply {
        var records: [WireGenerationRecord] = []
        for service in learning.services {
            let serving = try service.archive.serving()
            let writers = serving.keys.compactMap(\.writer).sorted()
            let scopes = writer.isEmpty ? [Scope.shared] + writers.map(Scope.writer) : [.writer(writer)]
            for scope in scopes {
                let current = serving[scope] ?? 0
                if scope == .shared {
                    records.append(record(Self.baseRecord(service), of: service, isInUse: current == 0))
                }
                records += try service.archive.records(of: scope).map {
                    record($0, of: service, isInUse: $0.name.number == current)
                }
            }
        }
        return .with { $0.generations = records }
    }

    private func show(_ request: WireShowModelRequest) throws -> WireShowModelReply {
        let name = GenerationName(LabelEvent.Generation(request.generation))
        let service = try service(of: name, request.pipeline)
        let found = name == .base ? Self.baseRecord(service) : try service.archive.record(of: name)
        let current = try service.archive.current(of: Scope(name.writer))
        return .with {
            $0.record = record(found, of: service, isInUse: current == name.number)
            $0.corrections = found.corrections
            $0.card = learning.card(of: service.pipeline)
        }
    }

    private func rollback(_ request: WireRollbackModelRequest) throws -> WireRollbackModelReply {
        let name = GenerationName(LabelEvent.Generation(request.generation))
        let from = try service(of: name, request.pipeline).rollback(to: name)
        return .with {
            $0.from = LabelEvent.Generation(from).wire
            $0.to = request.generation
        }
    }

    /// The service that has the generation, if no pipeline is named: numbers are given per pipeline, and most daemons have one that learns.
    private func service(of name: GenerationName, _ pipeline: String) throws -> LearningService {
        let services = learning.services.filter { pipeline.isEmpty || $0.pipeline == pipeline }
        guard pipeline.isEmpty || !services.isEmpty else {
            throw ControlFailure(
                .invalidArgument, "there is no pipeline \(pipeline) that learns",
                remedy: "one of \(learning.services.map(\.pipeline).joined(separator: ", "))")
        }
        if name.number > 0, let found = services.first(where: { (try? $0.archive.record(of: name)) != nil }) {
            return found
        }
        guard name.number == 0, let first = services.first else { throw GenerationError.unknown(name) }
        return try services.first { try $0.hasLearned(in: Scope(name.writer)) } ?? first
    }

    private static func baseRecord(_ service: LearningService) -> GenerationRecord {
        GenerationRecord(
            name: .base, parent: nil, baseHash: service.models.base.hash, created: 0, corrections: [], figures: nil)
    }

    private func record(
        _ record: GenerationRecord, of service: LearningService, isInUse: Bool
    ) -> WireGenerationRecord {
        .with {
            $0.generation = LabelEvent.Generation(record.name).wire
            if let parent = record.parent { $0.parent = LabelEvent.Generation(parent).wire }
            $0.baseHash = record.baseHash
            $0.created = record.created
            $0.inUse = isInUse
            $0.corrections = UInt32(clamping: record.corrections.count)
            $0.pipeline = service.pipeline
            guard let figures = record.figures else { return }
            $0.figures = ["held_out_before": figures.heldOutBefore.cer, "held_out_after": figures.heldOutAfter.cer]
            if let before = figures.canaryBefore, let after = figures.canaryAfter {
                $0.figures["canary_before"] = before.cer
                $0.figures["canary_after"] = after.cer
            }
        }
    }

    // MARK: Journal

    private static let entriesPerReply = 100
    /// Bytes of a page, about; however large its first entry is, it has that one.
    private static let bytesPerReply = 1 << 20

    private func export(_ request: WireExportJournalRequest) throws -> WireExportJournalReply {
        let limit = request.limit == 0 ? Self.entriesPerReply : min(Int(request.limit), Self.entriesPerReply)
        let first = request.pipeline.isEmpty ? learning.services.first?.pipeline ?? "" : request.pipeline
        let owner = CorrectionOwner(writer: request.writer, nameless: request.nameless, stream: request.stream)
        var reply = WireExportJournalReply()
        var bytes = 0
        for service in learning.services where service.pipeline >= first {
            let room = limit - reply.entries.count
            let entries = try service.journal.entries(
                of: owner, after: service.pipeline == first ? request.after : 0, limit: room + 1)
            for (index, journaled) in entries.enumerated() {
                let size = Self.byteCount(of: journaled.correction)
                reply.more = index == room || !reply.entries.isEmpty && bytes + size > Self.bytesPerReply
                if reply.more { return reply }
                reply.entries.append(entry(journaled, in: service.pipeline))
                bytes += size
            }
        }
        return reply
    }

    /// The size of an entry in a page of a reply, about, in bytes.
    private static func byteCount(of correction: Correction) -> Int {
        256 + correction.text.utf8.count + correction.recognized.utf8.count + correction.evidence.wireByteCount
    }

    private func entry(_ entry: JournaledCorrection, in pipeline: String) -> WireJournalEntry {
        .with {
            $0.correction = entry.number
            $0.pipeline = pipeline
            $0.stream = entry.correction.stream
            $0.segment = entry.correction.segment
            $0.writer = entry.correction.writer ?? ""
            $0.time = entry.correction.time
            $0.text = entry.correction.text
            $0.recognized = entry.correction.recognized
            $0.generation = LabelEvent.Generation(entry.correction.generation).wire
            $0.state = entry.state.rawValue
            $0.heldOut = entry.isHeldOut
            $0.set(entry.correction.evidence)
        }
    }

    // MARK: Words

    private func list(_ request: WireListWordsRequest) throws -> WireListWordsReply {
        var reply = WireListWordsReply()
        for service in learning.services {
            let words = try service.personalWords(of: request.writer.isEmpty ? nil : request.writer)
            reply.words += words.map { entry in
                .with {
                    ($0.pipeline, $0.writer) = (service.pipeline, entry.writer)
                    ($0.text, $0.time) = (entry.word.text, entry.word.time)
                }
            }
        }
        return reply
    }

    private func forget(_ request: WireForgetWordsRequest) throws -> WireForgetWordsReply {
        guard !request.writer.isEmpty, request.all != !request.words.isEmpty else {
            throw ControlFailure(
                .invalidArgument, "which words of whom?", remedy: "name a writer, and words or all of them")
        }
        var count = 0
        for service in learning.services {
            count += try service.forgetWords(request.all ? nil : request.words, of: request.writer)
        }
        return .with { $0.words = UInt32(clamping: count) }
    }

    private func erase(_ request: WireEraseJournalRequest) throws -> WireEraseJournalReply {
        guard
            let owner = CorrectionOwner(writer: request.writer, nameless: request.nameless, stream: request.stream)
        else {
            throw ControlFailure(
                .invalidArgument, "whose corrections?", remedy: "name a writer, or ask for those of nobody")
        }
        var erased: (corrections: Int, generations: [GenerationName]) = (0, [])
        for service in learning.services {
            let part = try service.erase(owner)
            erased.corrections += part.corrections
            erased.generations += part.generations
        }
        return .with {
            $0.corrections = UInt64(erased.corrections)
            $0.generations = erased.generations.map { LabelEvent.Generation($0).wire }
        }
    }
}

extension CorrectionOwner {
    /// Nil where a request names nobody in particular.
    fileprivate init?(writer: String, nameless: Bool, stream: String) {
        switch (writer.isEmpty, nameless) {
        case (false, _): self = .writer(writer)
        case (true, true): self = .nobody(stream: stream.isEmpty ? nil : stream)
        case (true, false): return nil
        }
    }
}
