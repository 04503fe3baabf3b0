/// Text as IBus sends it: `IBusText`, serialized. Positions count code points.
package struct IBusText: Equatable, Sendable {
    package var text: String
    /// Code points that are underlined.
    package var underlined: Range<Int>

    private static let underline: UInt32 = 1
    private static let single: UInt32 = 1

    package init(_ text: String, underlined: Range<Int> = 0..<0) {
        self.text = text
        self.underlined = underlined
    }

    package var value: BusValue {
        var attributes: [BusValue] = []
        if !underlined.isEmpty {
            attributes.append(
                .variant(
                    .structure([
                        .string("IBusAttribute"), IBusObject.attachments, .uint32(Self.underline), .uint32(Self.single),
                        .uint32(UInt32(clamping: underlined.lowerBound)),
                        .uint32(UInt32(clamping: underlined.upperBound)),
                    ])))
        }
        let list = BusValue.structure([
            .string("IBusAttrList"), IBusObject.attachments, .array(of: "v", attributes),
        ])
        return .variant(
            .structure([.string("IBusText"), IBusObject.attachments, .string(text), .variant(list)]))
    }

    /// The text alone of a serialized one; nil for anything else.
    package static func text(in value: BusValue) -> String? {
        guard let members = value.unwrapped.elements, members.count >= 3, members[0].text == "IBusText" else {
            return nil
        }
        return members[2].text
    }
}

/// The first fields of all serialized objects of IBus.
enum IBusObject {
    /// Attachments: none.
    static let attachments = BusValue.array(of: "{sv}", [])
}
