/// Text around the cursor of a field, as the field's program tells it. Positions count code points.
package struct SurroundingText: Equatable, Sendable {
    package private(set) var scalars: [Unicode.Scalar]
    package private(set) var cursor: Int
    /// The other end of what is selected; the cursor where nothing is.
    package private(set) var anchor: Int

    /// Positions beyond the text are taken as its end: some programs tell them late.
    package init(_ text: String, cursor: Int, anchor: Int? = nil) {
        scalars = Array(text.unicodeScalars)
        self.cursor = min(max(0, cursor), scalars.count)
        self.anchor = min(max(0, anchor ?? cursor), scalars.count)
    }

    /// The text before the cursor, or before the selection.
    package var before: String { String(scalars[..<min(cursor, anchor)]) }
    package var hasSelection: Bool { cursor != anchor }

    /// The text as it will be once the field has taken `text`.
    package mutating func insert(_ text: String) {
        let added = Array(text.unicodeScalars)
        let start = min(cursor, anchor)
        scalars.replaceSubrange(start..<max(cursor, anchor), with: added)
        (cursor, anchor) = (start + added.count, start + added.count)
    }

    /// The text as it will be once the field has deleted `count` code points before the cursor.
    package mutating func deleteBefore(_ count: Int) {
        let start = max(0, cursor - count)
        scalars.removeSubrange(start..<cursor)
        (cursor, anchor) = (start, start)
    }
}

extension String {
    init(_ scalars: some Sequence<Unicode.Scalar>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self.init(view)
    }

    /// Code points, as positions in fields are counted.
    package var codePoints: Int { unicodeScalars.count }
}
