/// The description of the engine for IBus, and its names there.
package enum IBusComponent {
    package static let name = "org.freedesktop.IBus.Ductus"
    package static let engine = "ductus"
    package static let longName = "Handwriting (Ductus)"
    static let summary = "Writes what a pen writes"
    static let homepage = "https://github.com/ductus/ductus"

    /// A serialized `IBusComponent` with its one engine.
    package static func description(version: String, engine: String = engine) -> BusValue {
        let description = BusValue.variant(
            .structure(
                [.string("IBusEngineDesc"), IBusObject.attachments]
                    // Name, long name, description, language, licence, author, icon, keyboard layout.
                    + [engine, longName, summary, "other", "MIT", "Ductus", "input-tablet", "default"].map(
                        BusValue.string)
                    // Rank; hotkeys, symbol, set-up program, variant and option of the layout, version, domain, property of the icon.
                    + [.uint32(0)] + ["", "✎", "", "", "", version, "", ""].map(BusValue.string)))
        return .variant(
            .structure(
                [.string("IBusComponent"), IBusObject.attachments]
                    // Name, description, version, licence, author, homepage, program, domain of translations.
                    + [
                        engine == Self.engine ? name : "\(name).\(engine)", summary, version, "MIT", "Ductus", homepage,
                        "", "",
                    ].map(BusValue.string)
                    + [.array(of: "v", []), .array(of: "v", [description])]))
    }

    /// The name of a serialized `IBusEngineDesc`.
    package static func engineName(in value: BusValue) -> String? {
        guard let members = value.unwrapped.elements, members.count >= 3, members[0].text == "IBusEngineDesc" else {
            return nil
        }
        return members[2].text
    }
}
