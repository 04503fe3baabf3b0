/// Candidates to choose from, as IBus sends them: `IBusLookupTable`, serialized.
package struct IBusLookupTable: Equatable, Sendable {
    package var candidates: [String]
    /// The label before each candidate: the key that chooses it.
    package var labels: [String]

    private static let systemOrientation: Int32 = 2

    package init(candidates: [String], labels: [String] = []) {
        self.candidates = candidates
        self.labels = labels
    }

    package var value: BusValue {
        .variant(
            .structure([
                .string("IBusLookupTable"), IBusObject.attachments,
                // Page size, cursor, whether the cursor shows, whether it goes round.
                .uint32(UInt32(clamping: max(1, candidates.count))), .uint32(0), .boolean(false), .boolean(false),
                .int32(Self.systemOrientation),
                .array(of: "v", candidates.map { IBusText($0).value }),
                .array(of: "v", labels.map { IBusText($0).value }),
            ]))
    }
}
