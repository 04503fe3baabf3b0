import DuctusRecognition
import DuctusStreaming

extension LearningService {
    /// Puts another generation into the lanes. It serves until a correction that comes later passes the gate against it.
    ///
    /// A writer who has corrected but has no generation yet can go back to number 0, too: the training that may be running for
    /// them then comes to nothing.
    ///
    /// - Returns: the one that served.
    /// - Throws: `GenerationError`, `JournalError`.
    public func rollback(to name: GenerationName) throws -> GenerationName {
        try changes.withLock { _ in
            let scope = Scope(name.writer)
            let from = try restore(name)
            try load(scope)
            queue.withdraw(scope, of: self)
            try journal.setAside(scope)
            emit(.rolledBack(from: from, to: name))
            return from
        }
    }

    private func restore(_ name: GenerationName) throws -> GenerationName {
        do throws(GenerationError) {
            return try archive.rollback(to: name)
        } catch .unknown where name.number == 0 {
            guard try hasLearned(in: Scope(name.writer)) else { throw GenerationError.unknown(name) }
            try archive.intervene(in: Scope(name.writer))
            return name
        }
    }

    /// Whether a scope has a generation of its own, or corrections that may become one.
    public func hasLearned(in scope: Scope) throws -> Bool {
        if try archive.current(of: scope) > 0 { return true }
        let owner = scope.writer.map(CorrectionOwner.writer) ?? .nobody(stream: nil)
        return try !journal.entries(of: owner, after: 0, limit: 1).isEmpty
    }

    /// Puts the generation that serves a scope, as the archive has it, into the lanes.
    ///
    /// Weights are fetched and made ready without the lock: a training, which gives way to everything, must not keep the weights of a
    /// writer waiting who has just come.
    public func load(_ scope: Scope) throws(GenerationError) {
        var isLoaded = false
        while !isLoaded {
            var served: Served?
            if let file = try archive.currentFile(of: scope) {
                let model = try archive.model(of: file, over: models.base)
                served = Served(model: model, generation: .init(file.record.name))
            }
            let result: Result<Bool, GenerationError> = loading.withLock { _ in
                do throws(GenerationError) {
                    // Else another one serves by now.
                    guard try archive.current(of: scope) == served?.generation.number ?? 0 else {
                        return .success(false)
                    }
                    serve(served, to: scope)
                    return .success(true)
                } catch {
                    return .failure(error)
                }
            }
            isLoaded = try result.get()
        }
    }

    private func serve(_ served: Served?, to scope: Scope) {
        switch (served, scope) {
        case (let served?, _): models.serve(served, to: scope)
        case (nil, .shared):
            models.serve(Served(model: models.base.model, generation: .init(number: 0)), to: .shared)
        case (nil, .writer(let writer)): models.forget(writer)
        }
    }

    /// The weights that a scope reads with, from memory or from the archive.
    func loaded(_ scope: Scope) throws(GenerationError) -> Served {
        if models.held(scope) == nil, try archive.current(of: scope) > 0 { try load(scope) }
        return models.held(scope) ?? models.current(for: nil)
    }

    /// Brings what is in memory up to date with the archive: another process may have changed it, or its folder may be gone.
    func refresh() throws(GenerationError) {
        let serving = try archive.serving()
        models.know(serving.compactMap { $0.value > 0 ? $0.key.writer : nil })
        for scope in [Scope.shared] + models.heldWriters.map(Scope.writer)
        where models.held(scope)?.generation.number != serving[scope] ?? 0 {
            try load(scope)
        }
    }

    /// Loads the weights that lanes asked for, and learns anew on a base that was replaced.
    public func takeRequests() {
        let requests = models.takeRequests()
        for writer in requests.writers {
            do throws(GenerationError) {
                try load(.writer(writer))
            } catch {
                models.forget(writer)
                emit(
                    .failed(.writer(writer), reason: "its own weights cannot be used; the shared ones serve: \(error)"))
            }
        }
        guard requests.hasNewBase else { return }
        do throws(JournalError) { try loadWords() } catch { note("\(error)", in: .journal) }
        do throws(GenerationError) {
            queue.ask(try outdated(), of: self)
        } catch {
            note("\(error)", in: .archive)
        }
    }

    /// Scopes whose generation descends from another base than the shipped one.
    public func outdated() throws(GenerationError) -> [Scope] {
        let hash = models.base.hash
        return try archive.serving().filter { scope, number in
            guard number > 0,
                let record = try? archive.record(of: .init(writer: scope.writer, number: number))
            else { return false }
            return record.baseHash != hash
        }.keys.sorted { "\($0)" < "\($1)" }
    }
}
