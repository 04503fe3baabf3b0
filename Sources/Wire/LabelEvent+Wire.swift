import DuctusStreaming

extension LabelEvent {
    /// Decodes the second frame of a message on a labels topic.
    package init(wire bytes: [UInt8]) throws(WireFault) {
        let message = try WireLabelEvent(wire: bytes)
        guard let stream = StreamName(message.stream) else { throw .streamName(String(message.stream.prefix(80))) }
        guard message.state != .unspecified, let ending = Ending.reading(message.ending) else {
            throw .outOfRange("state")
        }
        try Checks.count("symbols", message.symbols.count, limit: WireLimits.labels)
        try Checks.count("alternatives", message.alternatives.count, limit: WireLimits.labels)
        try Checks.count("spans", message.spans.count, limit: WireLimits.labels)
        guard let committed = Int(exactly: message.committed), committed <= message.text.unicodeScalars.count else {
            throw .outOfRange("committed")
        }
        var symbols: [Symbol] = []
        for symbol in message.symbols { symbols.append(try Symbol(symbol)) }
        var spans: [Span] = []
        for span in message.spans { spans.append(try Span(span)) }
        self.init(
            stream: stream, epoch: message.epoch, number: message.number, segment: message.segment,
            revision: message.revision, state: message.state == .final ? .final : .partial, text: message.text,
            committed: committed, symbols: symbols,
            alternatives: message.alternatives.map { Alternative(text: $0.text, score: $0.score) }, spans: spans,
            ending: ending.ending, generation: Generation(message.generation), strokes: message.strokes,
            sampleCount: Int(clamping: message.sampleCount),
            gaps: Gaps(
                count: message.gaps.count, packets: message.gaps.packets, dirtySamples: message.gaps.dirtySamples,
                clockJumps: message.gaps.clockJumps, rateChanges: message.gaps.rateChanges),
            droppedPartials: message.droppedPartials,
            failure: try Checks.text("failure", message.failure, limit: WireLimits.text),
            stamps: Stamps(
                arrived: message.stamps.arrived, decided: message.stamps.decided, published: message.stamps.published))
    }

    /// The second frame of a message on a labels topic.
    package func wire() throws(WireFault) -> [UInt8] {
        var message = WireLabelEvent()
        message.stream = stream.text
        message.epoch = epoch
        message.number = number
        message.segment = segment
        message.revision = revision
        message.state = state == .final ? .final : .partial
        message.ending = ending?.wire ?? .unspecified
        message.text = text
        message.committed = UInt32(clamping: committed)
        message.symbols = symbols.map(\.wire)
        message.alternatives = alternatives.map { alternative in
            .with { ($0.text, $0.score) = (alternative.text, alternative.score) }
        }
        message.spans = spans.map(\.wire)
        message.generation = generation.wire
        message.strokes = strokes
        message.sampleCount = UInt64(clamping: sampleCount)
        if !gaps.isEmpty {
            message.gaps = .with {
                ($0.count, $0.packets, $0.dirtySamples) = (gaps.count, gaps.packets, gaps.dirtySamples)
                ($0.clockJumps, $0.rateChanges) = (gaps.clockJumps, gaps.rateChanges)
            }
        }
        message.droppedPartials = droppedPartials
        message.failure = String((failure ?? "").prefix(1024))
        message.stamps = .with {
            ($0.arrived, $0.decided, $0.published) = (stamps.arrived, stamps.decided, stamps.published)
        }
        return try message.wire()
    }
}

extension LabelEvent.Generation {
    package init(_ wire: WireGeneration) {
        self.init(writer: wire.writer.isEmpty ? nil : wire.writer, number: wire.number)
    }

    package var wire: WireGeneration {
        .with {
            $0.writer = writer ?? ""
            $0.number = number
        }
    }
}

extension LabelEvent.Ending {
    /// Outer nil: a value this version does not know. Inner nil: the segment is open.
    fileprivate static func reading(_ wire: WireLabelEvent.Ending) -> (ending: Self?, Void)? {
        if wire == .unspecified { return (nil, ()) }
        guard let ending = allCases.first(where: { $0.wire == wire }) else { return nil }
        return (ending, ())
    }

    fileprivate var wire: WireLabelEvent.Ending {
        switch self {
        case .pause: .pause
        case .newLine: .newLine
        case .explicit: .explicit
        case .proximityOut: .proximityOut
        case .maximum: .maximum
        case .idle: .idle
        case .hello: .hello
        case .shutdown: .shutdown
        }
    }
}

extension LabelEvent.Symbol {
    fileprivate init(_ wire: WireSymbol) throws(WireFault) {
        self.init(
            text: wire.text, confidence: wire.confidence,
            time: try Checks.time(wire.hasStartTime && wire.hasEndTime, wire.startTime, wire.endTime),
            samples: try Checks.range("samples", wire.firstSample, wire.endSample),
            strokes: try Checks.range("strokes", wire.firstStroke, wire.endStroke))
    }

    fileprivate var wire: WireSymbol {
        var message = WireSymbol()
        message.text = text
        message.confidence = confidence
        if let time { (message.startTime, message.endTime) = (time.lowerBound, time.upperBound) }
        message.firstSample = UInt64(clamping: samples.lowerBound)
        message.endSample = UInt64(clamping: samples.upperBound)
        message.firstStroke = UInt32(clamping: strokes.lowerBound)
        message.endStroke = UInt32(clamping: strokes.upperBound)
        return message
    }
}

extension LabelEvent.Span {
    package init(_ wire: WireLabeledSpan) throws(WireFault) {
        guard let name = try Checks.text("name", wire.name) else { throw .outOfRange("name") }
        self.init(
            number: wire.number, name: name,
            time: try Checks.time(wire.hasStartTime && wire.hasEndTime, wire.startTime, wire.endTime),
            confidence: wire.confidence, state: wire.state == .final ? .final : .provisional,
            frames: try Checks.range("frames", wire.firstFrame, wire.endFrame))
    }

    package var wire: WireLabeledSpan {
        var message = WireLabeledSpan()
        message.number = number
        message.name = name
        if let time { (message.startTime, message.endTime) = (time.lowerBound, time.upperBound) }
        message.confidence = confidence
        message.state = state == .final ? .final : .provisional
        message.firstFrame = UInt64(clamping: frames.lowerBound)
        message.endFrame = UInt64(clamping: frames.upperBound)
        return message
    }
}
