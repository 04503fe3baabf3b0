import DuctusInk

/// A call of IBus to an engine.
package enum IBusCall: Equatable, Sendable {
    case key(Key)
    case focusIn(FocusHolder)
    case focusOut
    case reset
    case enable
    case disable
    case capabilities(tellsSurroundingText: Bool)
    case content(FieldContent)
    case surrounding(SurroundingText)
    /// A click on a choice.
    case choice(Int)
    /// A stroke written on a panel.
    case stroke(Stroke)
    case cancelStrokes(Int)
    /// A call that needs only an answer.
    case other

    /// The holder of the focus.
    package enum FocusHolder: Equatable, Sendable {
        /// A field of a program. `isCandid`: the program says of passwords that they are.
        case field(isCandid: Bool)
        /// The ibus-daemon's own context, which it uses while no field has the focus: also while a password is typed into a field whose
        /// program keeps it from input methods.
        case nobody
        /// Either of them: the ibus-daemon did not say.
        case unknown
    }

    static let interface = "org.freedesktop.IBus.Engine"
    private static let noProgram = "fake"
    /// IBus's modules for GTK and for X11's own input methods: there each program chooses which of its keys the input method sees, and Chromium, which
    /// uses the former, says nothing of passwords. Qt and the compositors of Wayland tell what kind of field it is.
    private static let mute = ["gtk", "xim"]
    private static let surroundingText: UInt32 = 1 << 5
    /// Panels give places as shares of their size: as many units a side.
    private static let panelUnits: Float = 10_000

    /// A call on the engine's interface; nil for what is not of its form.
    package init?(_ member: String, _ values: [BusValue]) {
        switch member {
        case "ProcessKeyEvent":
            let numbers = values.compactMap(\.unsigned)
            guard numbers.count == 3 else { return nil }
            self = .key(Key(symbol: numbers[0], code: numbers[1], state: numbers[2]))
        case "FocusIn": self = .focusIn(.unknown)
        case "FocusInId":
            guard values.count == 2, let program = values[1].text else { return nil }
            self = .focusIn(Self.holder(program))
        case "FocusOut", "FocusOutId": self = .focusOut
        case "Reset": self = .reset
        case "Enable": self = .enable
        case "Disable": self = .disable
        case "SetCapabilities":
            guard let flags = values.first?.unsigned else { return nil }
            self = .capabilities(tellsSurroundingText: flags & Self.surroundingText != 0)
        case "SetSurroundingText":
            guard values.count == 3, let text = IBusText.text(in: values[0]), let cursor = values[1].unsigned,
                let anchor = values[2].unsigned
            else { return nil }
            self = .surrounding(SurroundingText(text, cursor: Int(cursor), anchor: Int(anchor)))
        case "CandidateClicked":
            guard let index = values.first?.unsigned else { return nil }
            self = .choice(Int(index))
        case "ProcessHandWritingEvent":
            guard let numbers = values.first?.elements, let stroke = Self.stroke(numbers) else { return nil }
            self = .stroke(stroke)
        case "CancelHandWriting":
            guard let count = values.first?.unsigned else { return nil }
            self = .cancelStrokes(Int(count))
        default: self = .other
        }
    }

    private static func holder(_ program: String) -> FocusHolder {
        if program.isEmpty { return .unknown }
        if program == noProgram { return .nobody }
        return .field(isCandid: !mute.contains { program.hasPrefix($0) })
    }

    /// A property that was set.
    package init?(property: String, _ value: BusValue) {
        let numbers = value.unwrapped.elements?.compactMap(\.unsigned) ?? []
        guard property == "ContentType", numbers.count == 2 else { return nil }
        self = .content(FieldContent(purpose: numbers[0], hints: numbers[1]))
    }

    /// x and y in turn.
    private static func stroke(_ numbers: [BusValue]) -> Stroke? {
        var places: [Float] = []
        for number in numbers {
            guard case .double(let share) = number, share.isFinite else { return nil }
            places.append(Float(share) * panelUnits)
        }
        guard places.count >= 2, places.count.isMultiple(of: 2) else { return nil }
        return Stroke(
            stride(from: 0, to: places.count, by: 2).map { Sample(x: places[$0], y: places[$0 + 1]) })
    }
}
