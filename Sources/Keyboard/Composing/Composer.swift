import DuctusStreaming

/// Decides how readings of the daemon change the field that has the focus. It knows neither D-Bus nor pens nor clocks:
/// events go in, actions come out.
///
/// Guarantees
/// - A text is committed once. A preedit text that the field's program keeps when the focus leaves is not committed
///   again.
/// - In a secret field no event gives an action that shows or keeps text, and `accepts` is false.
/// - Keys pass, but for a choice while choices are shown.
package struct Composer {
    /// The keyboard's own pen; other streams are pens elsewhere.
    private let stream: StreamName
    private let believesPrograms: Bool

    // The field
    private var isFocused = false
    private var content = FieldContent()
    private var trust = FieldTrust()
    private var field = FieldMemory()
    private var written: WrittenText?
    private var choices: [String] = []

    // What is being read
    private var preedit: (text: String, space: String)?
    /// Segment of the preedit, and of what was given up, by stream.
    private var open: [StreamName: UInt64] = [:]
    private var givenUp: [StreamName: UInt64] = [:]
    /// Ink of earlier strokes was given up.
    private var firstStroke: UInt32 = 0
    private var nextStroke: UInt32 = 0
    private var inkIsOpen = false
    /// Edits that wait until the open segment has been read.
    private var edits: [Edit] = []
    private var isServed = false

    private static let precedingTextLimit = 200
    /// Keys choose 1 to 9.
    private static let mostChoices = 9

    /// - Parameter believesPrograms: Whether a program to which no key comes is believed that its field is no secret, if it says that it tells its text.
    package init(stream: StreamName, believesPrograms: Bool = false) {
        self.stream = stream
        self.believesPrograms = believesPrograms
    }

    /// Whether ink is wanted: a field that is not secret has the focus, and the daemon reads.
    package var accepts: Bool { mayAccept && trust.isTrusted }
    /// Whether ink is to wait, because the field may turn out not to be secret.
    package var isUndecided: Bool { mayAccept && trust.isOpen }
    /// Whether the field's program is to be asked by a key, which is then told by `keyPassed()`; whoever does calls `proofIsAsked`.
    package var wantsProof: Bool { mayAccept && trust.isUnasked }
    package var proofDeadline: Int64? { trust.deadline }
    package var isDistrusted: Bool { mayAccept && !trust.isTrusted && !trust.isOpen }
    private var mayAccept: Bool { isFocused && !content.isSecret && isServed }
    package var isSecret: Bool { isFocused && content.isSecret }
    package var showsChoices: Bool { !choices.isEmpty }

    // MARK: The field

    /// - Parameter isCandid: Whether its program says of secrets that they are.
    package mutating func focusIn(isCandid: Bool = true) -> [ComposingAction] {
        trust = FieldTrust(isCandid: isCandid)
        guard !isFocused else { return [] }
        isFocused = true
        field.forget()
        written = nil
        return []
    }

    /// The field's program takes over the preedit as it is.
    package mutating func focusOut() -> [ComposingAction] {
        guard isFocused else { return [] }
        isFocused = false
        let actions = hideChoices() + giveUp()
        field.forget()
        written = nil
        return actions
    }

    /// The cursor was moved, or the program wants to begin anew; it takes over the preedit as it is.
    package mutating func reset() -> [ComposingAction] {
        field.becomeUncertain()
        // Without a preedit it takes over nothing, and the ink is still wanted.
        return hideChoices() + (preedit == nil ? [] : giveUp())
    }

    package mutating func capabilities(tellsSurroundingText: Bool) { field.tells = tellsSurroundingText }

    package mutating func proofIsAsked(at now: Int64) { trust.ask(at: now, believes: believesPrograms) }
    /// No program can be asked.
    package mutating func proofIsMissing(at now: Int64) { trust.hurry(at: now) }
    package mutating func advance(to now: Int64) { trust.advance(to: now, isBelieved: believesPrograms && field.tells) }
    /// The field's program has handed on a key.
    package mutating func keyPassed() { trust.prove() }

    package mutating func become(_ content: FieldContent) -> [ComposingAction] {
        self.content = content
        // A program that says anything of its field would say of a password, too.
        if content != FieldContent() { trust.prove() }
        guard content.isSecret else { return [] }
        let hadPreedit = preedit != nil
        let actions = hideChoices() + giveUp()
        field.forget()
        written = nil
        return actions + (hadPreedit ? [.hidePreedit] : [])
    }

    package mutating func surrounding(_ text: SurroundingText, at now: Int64) -> [ComposingAction] {
        trust.prove()
        guard !content.isSecret, field.tell(text, at: now) else { return [] }
        guard written?.follow(text.before, at: now) == false else { return [] }
        written = nil
        return hideChoices()
    }

    /// - Returns: Whether the key was for us, and what it does.
    package mutating func key(_ key: Key, at now: Int64) -> (isTaken: Bool, actions: [ComposingAction]) {
        keyPassed()
        guard !key.isRelease, !key.isModifier else { return (false, []) }
        if let choice = key.choice, choices.indices.contains(choice) { return (true, choose(choice, at: now)) }
        var actions = hideChoices()
        actions += commitPartial(at: now)
        if key.isBackspace {
            // Fields of GTK tell what stood there before the key, and nothing after the last one.
            if field.hasSelection || written?.delete(1, at: now) == false { written = nil }
            field.deleteBefore(1, at: now)
        } else if !field.tells {
            written = nil
            field.becomeUncertain()
        }
        return (false, actions)
    }

    // MARK: The daemon

    package mutating func daemon(isThere: Bool, at now: Int64) -> [ComposingAction] {
        guard isThere != isServed else { return [] }
        isServed = isThere
        return isThere ? [] : commitPartial(at: now) + giveUp()
    }

    package mutating func label(_ event: LabelEvent, at now: Int64) -> [ComposingAction] {
        guard isCurrent(event) else { return [] }
        guard event.state == .final else {
            guard accepts else { return [] }
            open[event.stream] = event.segment
            return show(event)
        }
        open[event.stream] = nil
        if event.stream == stream, event.strokes.isEmpty || event.strokes.contains(where: { $0 &+ 1 == nextStroke }) {
            inkIsOpen = false
        }
        let partial = preedit
        preedit = nil
        guard accepts else { return [] }
        var actions: [ComposingAction] = partial == nil ? [] : [.hidePreedit]
        let read = event.failure == nil ? event.text : partial?.text ?? ""
        actions += finish(event, read.trimmingSpaces, at: now)
        return actions
    }

    private func isCurrent(_ event: LabelEvent) -> Bool {
        if event.stream == stream, let last = event.strokes.max() { return last >= firstStroke }
        return event.segment > givenUp[event.stream] ?? 0
    }

    private mutating func show(_ event: LabelEvent) -> [ComposingAction] {
        guard !event.text.isEmpty else {
            defer { preedit = nil }
            return preedit == nil ? [] : [.hidePreedit]
        }
        let space = space(before: event.text)
        preedit = (event.text, space)
        return [.showPreedit(space + event.text, plain: space.codePoints + event.committed)]
    }

    /// Writes what a segment says, after what was asked for by gestures meanwhile.
    private mutating func finish(_ event: LabelEvent, _ read: String, at now: Int64) -> [ComposingAction] {
        var text = read
        let edits = edits
        self.edits = []
        var later: [Edit] = []
        for edit in edits {
            if edit == .deleteWord, later.isEmpty, !text.isEmpty {
                text = text.withoutLastWord
            } else {
                later.append(edit)
            }
        }
        var actions: [ComposingAction] = []
        if !text.isEmpty {
            if let written, let corrected = written.correction(by: text, at: now), !content.isPrivate {
                actions.append(
                    .correct(.init(stream: written.stream, segment: written.segment, text: corrected)))
            }
            actions += write(text, of: event, at: now)
            if text == read, edits.isEmpty { actions += offer(event, at: now) }
        }
        for edit in later { actions += perform(edit, at: now) }
        return actions
    }

    private mutating func write(_ text: String, of event: LabelEvent, at now: Int64) -> [ComposingAction] {
        let space = space(before: text)
        written = WrittenText(
            stream: event.stream, segment: event.segment, preceding: field.preceding, space: space, text: text)
        field.insert(space + text, at: now)
        return [.commit(space + text)]
    }

    private mutating func offer(_ event: LabelEvent, at now: Int64) -> [ComposingAction] {
        var readings = [event.text.trimmingSpaces]
        for alternative in event.alternatives.map(\.text.trimmingSpaces)
        where !alternative.isEmpty && !readings.contains(alternative) {
            readings.append(alternative)
        }
        guard readings.count > 1 else { return [] }
        choices = Array(readings.prefix(Self.mostChoices))
        return [.showChoices(choices)]
    }

    private func space(before text: String) -> String {
        guard content.takesSpaces, let before = field.before, written?.endsInsideWord != true else { return "" }
        return Spacing.space(before: text, after: before)
    }

    // MARK: Choices

    package mutating func choose(_ index: Int, at now: Int64) -> [ComposingAction] {
        guard choices.indices.contains(index) else { return [] }
        let choice = choices[index]
        let actions = hideChoices()
        guard let written, choice != written.text, written.deleted == 0 else { return actions }
        // The text must still stand where it was written.
        if field.tells {
            guard let before = field.before, before == written.expected else { return actions }
        }
        return actions + replace(written, with: choice, at: now)
    }

    private mutating func replace(_ written: WrittenText, with text: String, at now: Int64) -> [ComposingAction] {
        var actions = delete(written.text.codePoints, at: now)
        field.insert(text, at: now)
        actions.append(.commit(text))
        self.written?.replace(with: text)
        if !content.isPrivate {
            actions.append(.correct(.init(stream: written.stream, segment: written.segment, text: text)))
        }
        return actions
    }

    private mutating func hideChoices() -> [ComposingAction] {
        defer { choices = [] }
        return choices.isEmpty ? [] : [.hideChoices]
    }

    // MARK: The pen

    /// A stroke begins.
    package mutating func penDown(stroke: UInt32) -> [ComposingAction] {
        nextStroke = stroke &+ 1
        var actions = hideChoices()
        // The daemon uses it for one segment, and it must not be that of a field left long ago.
        if !inkIsOpen { actions.append(.greet(precedingText: precedingText)) }
        inkIsOpen = true
        return actions
    }

    private var precedingText: String {
        guard !content.isPrivate, let before = field.before else { return "" }
        let last = String(before.unicodeScalars.suffix(Self.precedingTextLimit))
        return last + Spacing.space(before: "a", after: last)
    }

    /// - Parameter leavesInk: Whether strokes that are no gestures stand in the open segment.
    package mutating func gesture(_ edit: Edit, leavesInk: Bool, at now: Int64) -> [ComposingAction] {
        guard accepts else { return [] }
        let actions = hideChoices()
        if leavesInk {
            edits.append(edit)
            inkIsOpen = false
            return actions + [.endSegment]
        }
        let shown: [ComposingAction] = preedit == nil ? [] : [.hidePreedit]
        return actions + shown + giveUp() + perform(edit, at: now)
    }

    private mutating func perform(_ edit: Edit, at now: Int64) -> [ComposingAction] {
        switch edit {
        case .space:
            field.insert(" ", at: now)
            written = nil
            return [.commit(" ")]
        case .enter:
            field.becomeUncertain()
            written = nil
            return [.press(.enter)]
        case .deleteCharacter:
            return delete(1, at: now)
        case .deleteWord:
            guard !field.hasSelection, let before = field.before else {
                written = nil
                return [.press(Key(symbol: Key.backspace.symbol, code: Key.backspace.code, state: Key.control))]
            }
            let count = before.codePoints - before.withoutLastWord.codePoints
            return count == 0 ? [] : delete(count, at: now)
        }
    }

    /// Deletes text by the field's own means where it has them, else by keys.
    private mutating func delete(_ count: Int, at now: Int64) -> [ComposingAction] {
        guard !field.hasSelection else { return [.press(.backspace)] }
        let hasTold = field.hasTold
        field.deleteBefore(count, at: now)
        if written?.delete(count, at: now) == false { written = nil }
        return hasTold
            ? [.deleteBefore(count)] : Array(repeating: .press(.backspace), count: count) + [.settle(keys: count)]
    }

    // MARK: Ends

    /// Commits the text that is read so far, so that later text follows it.
    private mutating func commitPartial(at now: Int64) -> [ComposingAction] {
        guard let preedit, isFocused, !content.isSecret else { return [] }
        written = nil
        field.insert(preedit.space + preedit.text, at: now)
        return [.hidePreedit, .commit(preedit.space + preedit.text)] + giveUp()
    }

    /// Drops the coming reading of the open segment.
    private mutating func giveUp() -> [ComposingAction] {
        let hadInk = inkIsOpen || preedit != nil
        preedit = nil
        edits = []
        firstStroke = nextStroke
        inkIsOpen = false
        for (stream, segment) in open { givenUp[stream] = segment }
        open = [:]
        return hadInk ? [.endSegment] : []
    }
}
