import DuctusStreaming

extension LearningService {
    // MARK: What was read

    /// Remembers a final with what it was read from, on a lane's thread.
    ///
    /// - Returns: whether `rehearse` should be called with it, elsewhere.
    public func remember(_ segment: FinishedSegment) -> Bool {
        guard !segment.failed, !segment.isEmpty else { return false }
        let confidence = ReviewRule.confidence(of: segment.event)
        let read = ReadSegment(segment)
        let isSuggested = state.withLock { state in
            state.memory.keep(read)
            return state.review.takes(confidence)
        }
        if isSuggested { emit(.review(segment, confidence: confidence)) }
        return reservoir != nil && confidence >= rules.confident && !segment.event.text.isEmpty
            && models.base.model.task == .transcription
    }

    /// Keeps a confident final in the reservoir, by chance.
    public func rehearse(_ segment: FinishedSegment) {
        let read = ReadSegment(segment)
        do throws(JournalError) {
            try reservoir?.offer(read.correction(read.text, time: clock.unixMicroseconds))
        } catch {
            note("\(error)", in: .journal)
        }
    }

    /// The place of a segment that a correction names.
    public func place(of segment: UInt64, in stream: StreamName) -> SegmentMemory.Place {
        state.withLock { $0.memory.place(of: segment, in: stream) }
    }

    // MARK: Corrections

    /// Checks a correction and journals it. When this returns, it is kept for good.
    ///
    /// - Throws: `CorrectionFault`, which says why it is refused.
    public func correct(_ segment: ReadSegment, to text: String) throws(CorrectionFault) -> JournaledCorrection {
        let result: Result<JournaledCorrection, CorrectionFault> = changes.withLock { _ in
            do throws(CorrectionFault) {
                return .success(try correctAlone(segment, to: text))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func correctAlone(_ segment: ReadSegment, to text: String) throws(CorrectionFault) -> JournaledCorrection {
        // An erasure may have come while this one waited.
        guard case .known = place(of: segment.number, in: segment.stream) else { throw .forgotten }
        let correction = segment.correction(text, time: clock.unixMicroseconds)
        let isDoubtful: Bool
        do {
            let serving = models.current(for: segment.writer)
            if let refusal = try plausibility.refusal(of: text, for: correction.evidence, by: serving.model) {
                throw CorrectionFault.refused(refusal)
            }
            isDoubtful = try self.isDoubtful(correction, serving: serving)
        } catch let fault as CorrectionFault {
            throw fault
        } catch {
            throw .internal("\(error)")
        }
        do throws(JournalError) {
            let journaled = try journal.add(correction, isDoubtful: isDoubtful)
            note(nil, in: .journal)
            return followUp(journaled)
        } catch {
            // A journal that is another's now works all the same.
            if case .notOwner = error { throw .unavailable(error) }
            note("\(error)", in: .journal)
            throw .unavailable(error)
        }
    }

    /// Whether a correction contradicts what the shipped weights read with confidence, and the writer's own as well.
    private func isDoubtful(_ correction: Correction, serving: Served) throws -> Bool {
        guard try trust.isDoubtful(correction.text, for: correction.evidence, by: models.base.model) else {
            return false
        }
        guard serving.generation.number > 0 else { return true }
        return try trust.isDoubtful(correction.text, for: correction.evidence, by: serving.model)
    }

    /// Acts on a correction that is acknowledged already. Faults are reported, and do not take the acknowledgement
    /// back.
    private func followUp(_ journaled: JournaledCorrection) -> JournaledCorrection {
        var journaled = journaled
        let source = journaled.correction.source
        do {
            let standing = try journal.standing(of: source)
            if trust.isDistrusted(standing) {
                try journal.quarantine(source)
                if journaled.state == .pending { journaled.state = .quarantined }
                try words?.forget(from: source)
                if let writer = source.writer { try loadWords(of: writer) }
                if state.withLock({ $0.distrusted.insert(source).inserted }) { emit(.distrusted(source, standing)) }
            }
            try reservoir?.remove(stream: source.stream, segment: journaled.correction.segment)
            try learnWords(of: journaled)
            if journaled.state == .pending { try ask(for: Scope(source.writer)) }
        } catch {
            note("\(error)", in: .journal)
        }
        return journaled
    }

    /// Asks for the training of a scope that has something new, and now and then of everyone's.
    func ask(for scope: Scope) throws(JournalError) {
        let isSharedDue = try journal.countNewToEveryone() >= rules.correctionsPerShared
        queue.ask([scope] + (isSharedDue ? [.shared] : []), of: self)
    }

    /// Looks again at quarantined corrections of a scope, now that better weights serve it. Those that agree with them are learned from,
    /// unless most of their source's still do not.
    func reconsider(_ scope: Scope, pause: () throws -> Void) throws {
        let entries = try journal.quarantined(in: scope, limit: rules.reconsidered)
        var released: [UInt64] = []
        for (source, entries) in Dictionary(grouping: entries, by: \.correction.source) {
            let model = models.held(Scope(source.writer))?.model ?? models.current(for: nil).model
            var agreeing: [UInt64] = []
            for entry in entries {
                try pause()
                if try !trust.isDoubtful(entry.correction.text, for: entry.correction.evidence, by: model) {
                    agreeing.append(entry.number)
                }
            }
            var standing = try journal.standing(of: source)
            standing.doubtful = min(standing.doubtful, entries.count - agreeing.count)
            if !trust.isDistrusted(standing) { released += agreeing }
        }
        guard !released.isEmpty else { return }
        try journal.release(released)
        emit(.released(scope, count: released.count))
        try ask(for: scope)
    }

    // MARK: What is kept of people

    /// Removes everything of an owner: remembered segments, corrections, the reservoir's lines, own weights.
    ///
    /// - Returns: how many corrections, and the generations that were trained on them; a writer's own are gone.
    public func erase(_ owner: CorrectionOwner) throws -> (corrections: Int, generations: [GenerationName]) {
        try changes.withLock { _ in
            state.withLock { $0.memory.forget(owner) }
            let numbers = try journal.erase(owner)
            let generations = try archive.generations(trainedOn: Set(numbers))
            switch owner {
            case .writer(let writer):
                try archive.erase(writer: writer)
                models.forget(writer)
                _ = try forgetWords(nil, of: writer)
            case .nobody: try archive.intervene(in: .shared)
            }
            try reservoir?.erase(owner)
            state.withLock { $0.distrusted = $0.distrusted.filter { !owner.owns($0) } }
            return (numbers.count, generations)
        }
    }
}

extension CorrectionOwner {
    fileprivate func owns(_ source: CorrectionSource) -> Bool {
        switch self {
        case .writer(let writer): source.writer == writer
        case .nobody(let stream): source.writer == nil && (stream == nil || stream == source.stream)
        }
    }
}

/// The errors of taking a correction.
public enum CorrectionFault: Error, Equatable, CustomStringConvertible {
    /// The segment is no longer remembered.
    case forgotten
    case refused(CorrectionRefusal)
    case unavailable(JournalError)
    case `internal`(String)

    public var description: String {
        switch self {
        case .forgotten: "the segment is no longer kept"
        case .refused(let refusal): "\(refusal)"
        case .unavailable(let error): "\(error)"
        case .internal(let reason): reason
        }
    }
}
